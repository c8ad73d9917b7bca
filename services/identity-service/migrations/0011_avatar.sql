-- Pictures of people. A row stands before its object does, so that what a crash leaves is found again.
CREATE TABLE avatar (
    id uuid PRIMARY KEY,
    storage_key text NOT NULL CONSTRAINT avatar_storage_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE app_user ADD COLUMN avatar_id uuid CONSTRAINT app_user_avatar REFERENCES avatar (id);

CREATE INDEX app_user_avatar ON app_user (avatar_id) WHERE avatar_id IS NOT NULL;
