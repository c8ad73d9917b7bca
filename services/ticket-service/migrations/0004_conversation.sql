-- What people write on a ticket, and the dated record of everything that happened to it.
CREATE TABLE message (
    id uuid PRIMARY KEY,
    ticket_id uuid NOT NULL REFERENCES ticket (id),
    author_id uuid,
    author_kind text NOT NULL,
    visibility text NOT NULL CONSTRAINT message_visibility CHECK (visibility IN
        ('public', 'internal')),
    body text NOT NULL,
    mentioned_ids uuid[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);

CREATE INDEX message_ticket ON message (ticket_id, id);

CREATE TABLE timeline_entry (
    ticket_id uuid NOT NULL REFERENCES ticket (id),
    version bigint NOT NULL,
    type text NOT NULL,
    actor_id uuid,
    actor_kind text NOT NULL,
    visibility text NOT NULL CONSTRAINT timeline_entry_visibility CHECK (visibility IN
        ('public', 'internal')),
    data jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, version)
);
