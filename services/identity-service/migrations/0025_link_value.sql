-- Links about changes: what a link proves or brings back (an address, a number). Which purposes there
-- are is the program's to know, so that a new one needs no migration.
ALTER TABLE link DROP CONSTRAINT link_purpose;
ALTER TABLE link ADD CONSTRAINT link_purpose CHECK (purpose ~ '^[a-z_]{1,30}$');
ALTER TABLE link ADD COLUMN value text;

-- An address that its owner can still take back is nobody else's.
CREATE INDEX link_kept_email ON link (value) WHERE purpose = 'email_undo';
