-- What happened, as far as messages tell of it: one row per event that has something to tell.
CREATE TABLE notice (
    event_id uuid PRIMARY KEY,
    event_type text NOT NULL,
    happened_at timestamptz NOT NULL,
    ticket_id uuid,
    traceparent text,
    data jsonb NOT NULL
);

-- Erasing a person finds what tells of them.
CREATE INDEX notice_ticket ON notice (ticket_id) WHERE ticket_id IS NOT NULL;
