-- Tries within a window of time; the key is a hash, so that no address of a stranger is kept.
CREATE TABLE try_count (
    key bytea PRIMARY KEY,
    count integer NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX try_count_expires_at ON try_count (expires_at);
