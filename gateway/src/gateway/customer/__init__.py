"""The customers' pages: their tickets, a new one, one ticket from a signed link."""
