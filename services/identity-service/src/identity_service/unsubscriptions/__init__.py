"""No more e-mails of a kind, with the link that stands in each of them (RFC 8058)."""
