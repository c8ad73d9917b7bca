-- Companies of customers: who belongs to one, whose tickets are whose, and who acted in whose place.
CREATE TABLE organisation (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    is_active boolean NOT NULL
);

ALTER TABLE person ADD COLUMN organisation_id uuid;
ALTER TABLE ticket ADD COLUMN organisation_id uuid;
ALTER TABLE message ADD COLUMN via_id uuid;
ALTER TABLE timeline_entry ADD COLUMN via_id uuid;

CREATE INDEX ticket_organisation ON ticket (organisation_id, id)
    WHERE deleted_at IS NULL AND organisation_id IS NOT NULL;
