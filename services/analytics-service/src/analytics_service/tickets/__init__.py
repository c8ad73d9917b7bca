"""Facts about tickets: one row each, and running totals by state."""
