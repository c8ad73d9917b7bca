"""One machine, no Docker: the servers, the mailbox, and the supervisor of the whole portal."""
