"""What was done to accounts and rights: by whom, to whom, from where. Nothing here is ever changed."""
