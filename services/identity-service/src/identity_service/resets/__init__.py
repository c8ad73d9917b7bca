"""A new password for somebody who forgot theirs, by a link to their mailbox."""
