-- The tickets opened or solved within some days, for the lists behind the figures of a day.
CREATE INDEX ticket_created ON ticket (created_at) WHERE deleted_at IS NULL;
CREATE INDEX ticket_solved ON ticket (solved_at) WHERE deleted_at IS NULL AND solved_at IS NOT NULL;
