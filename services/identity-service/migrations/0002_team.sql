-- Groups of staff that tickets are given to; a team is switched off, never deleted.
CREATE TABLE team (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    key text NOT NULL CONSTRAINT team_key UNIQUE,
    name text NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);
