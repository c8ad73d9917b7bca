-- Which picture of a person is the present one; identity-service shows it.
ALTER TABLE person ADD COLUMN avatar_id uuid;
