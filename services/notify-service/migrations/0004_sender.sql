-- Processes that send; what one of them had in hand is free again when its lease ends.
CREATE TABLE sender (
    owner uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
