"""One machine, no Docker: the servers, the mailbox, and the supervisor that runs the whole portal."""
