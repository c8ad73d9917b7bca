-- What a person has logged in with and from where, as hashes: whatever else comes is worth a message.
CREATE TABLE known_device (
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    mark bytea NOT NULL,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, mark)
);

CREATE INDEX known_device_last_seen_at ON known_device (last_seen_at);
