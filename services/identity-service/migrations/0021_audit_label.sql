-- no transaction: built beside the traffic. Entries are also sought by what their target is called.
CREATE INDEX CONCURRENTLY audit_entry_by_label ON audit_entry (target_label, occurred_at, id)
    WHERE target_label IS NOT NULL;
