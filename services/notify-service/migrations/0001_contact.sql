-- Copies of what identity-service says about people and teams: whom a message can reach, and how.
CREATE TABLE contact (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT contact_kind CHECK (kind IN ('customer', 'staff', 'api_client')),
    name text NOT NULL,
    email text NOT NULL,
    language text NOT NULL,
    time_zone text NOT NULL,
    is_active boolean NOT NULL,
    is_email_verified boolean NOT NULL,
    team_ids uuid[] NOT NULL DEFAULT '{}'
);

CREATE INDEX contact_email ON contact (lower(email));
CREATE INDEX contact_team ON contact USING gin (team_ids) WHERE kind = 'staff' AND is_active;

CREATE TABLE team (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    is_active boolean NOT NULL
);
