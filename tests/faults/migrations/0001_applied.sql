-- What the recorder applied, in the order in which it did.
CREATE TABLE applied (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    aggregate_id uuid NOT NULL,
    version bigint NOT NULL
);
