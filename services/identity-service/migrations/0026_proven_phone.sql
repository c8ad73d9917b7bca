-- A number counts once its owner has typed the code that was sent to it; until then it logs nobody in.
-- It belongs to one account at most: whoever proves it last has it, for numbers are given out again.
ALTER TABLE app_user ADD COLUMN is_phone_verified boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT app_user_proven_phone CHECK (phone IS NOT NULL OR NOT is_phone_verified);

CREATE UNIQUE INDEX app_user_phone ON app_user (phone) WHERE is_phone_verified;
