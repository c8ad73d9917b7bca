-- What customers say about how a ticket was handled: one word each, the last one counts.
CREATE TABLE feedback (
    ticket_id uuid PRIMARY KEY REFERENCES ticket (id),
    score smallint NOT NULL CONSTRAINT feedback_score CHECK (score BETWEEN 1 AND 5),
    comment text,
    at timestamptz NOT NULL
);
