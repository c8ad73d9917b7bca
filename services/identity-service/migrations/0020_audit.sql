-- Who did what to whom, from where: written once, never changed, and chained by hashes afterwards.
CREATE TABLE audit_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    -- As whom the actor acted, where they did so in somebody else's place.
    as_id uuid,
    session_id uuid,
    client_address text NOT NULL,
    client_agent text NOT NULL,
    request_id text,
    target_kind text,
    target_id uuid,
    -- What the target is called where that is nobody's name: a ticket's number, a role's key.
    target_label text,
    before jsonb,
    after jsonb
);

CREATE INDEX audit_entry_by_time ON audit_entry (occurred_at, id);
CREATE INDEX audit_entry_by_action ON audit_entry (action, occurred_at, id);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor_id, occurred_at, id)
    WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entry_by_target ON audit_entry (target_id, occurred_at, id)
    WHERE target_id IS NOT NULL;
CREATE INDEX audit_entry_by_as ON audit_entry (as_id, occurred_at, id) WHERE as_id IS NOT NULL;

-- The chain stands beside the entries, so that nobody who writes one waits for somebody else's.
CREATE TABLE audit_seal (
    position bigint PRIMARY KEY,
    entry_id bigint NOT NULL CONSTRAINT audit_seal_entry REFERENCES audit_entry (id)
        CONSTRAINT audit_seal_once UNIQUE,
    -- SHA-256 of the hash at the position before and the entry's canonical form.
    hash bytea NOT NULL CONSTRAINT audit_seal_hash CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL DEFAULT now()
);

-- Entries that are committed and not sealed yet. An id that came late is not overlooked.
CREATE TABLE audit_waiting (
    entry_id bigint PRIMARY KEY REFERENCES audit_entry (id)
);
