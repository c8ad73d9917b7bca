"""The public face of the portal: pages for customers and staff, the JSON API, sessions."""
