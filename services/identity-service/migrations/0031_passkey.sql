-- Passkeys (WebAuthn): public keys by which browsers prove who somebody is, and what they must sign.
CREATE TABLE passkey (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    credential_id bytea NOT NULL CONSTRAINT passkey_credential_id UNIQUE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    -- Whether it is kept beyond one device, as its authenticator says.
    is_synced boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz
);

CREATE INDEX passkey_by_user ON passkey (user_id, created_at);

-- Each is signed once, soon. Without a person it is for logging in.
CREATE TABLE passkey_challenge (
    challenge_hash bytea PRIMARY KEY,
    user_id uuid REFERENCES app_user (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE INDEX passkey_challenge_by_user ON passkey_challenge (user_id);
CREATE INDEX passkey_challenge_expires_at ON passkey_challenge (expires_at);
