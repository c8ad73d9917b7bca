-- Sessions in which an employee acts in a customer's place; they end with the session they began in.
ALTER TABLE session
    ADD COLUMN impersonator_id uuid REFERENCES app_user (id) ON DELETE CASCADE,
    ADD COLUMN parent_id uuid REFERENCES session (id) ON DELETE CASCADE,
    ADD CONSTRAINT session_impersonation CHECK ((impersonator_id IS NULL) = (parent_id IS NULL));

CREATE INDEX session_parent ON session (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX session_impersonator ON session (impersonator_id) WHERE impersonator_id IS NOT NULL;
