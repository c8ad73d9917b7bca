"""One's own account, on the same pages for customers and staff: only the frame around them differs."""
