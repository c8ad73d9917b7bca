-- Links sent in messages: what each is for, whose it is, and whether it can still be used.
CREATE TABLE link (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CONSTRAINT link_purpose
        CHECK (purpose IN ('verify', 'invite', 'reset', 'account_exists')),
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz
);

CREATE INDEX link_by_user ON link (user_id, purpose, created_at);
CREATE INDEX link_expires_at ON link (expires_at);
