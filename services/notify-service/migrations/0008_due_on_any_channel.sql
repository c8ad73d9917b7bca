-- no transaction: what is due is claimed on every channel at once, the longest due first.
CREATE INDEX CONCURRENTLY intent_due_at ON intent (due_at)
    WHERE state = 'pending' AND due_at IS NOT NULL
