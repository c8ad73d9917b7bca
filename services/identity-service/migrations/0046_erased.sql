-- Who was erased keeps a row without themselves, for tickets and lines go on naming the id.
ALTER TABLE app_user ADD COLUMN erased_at timestamptz;
