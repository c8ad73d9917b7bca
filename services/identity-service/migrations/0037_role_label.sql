-- What people call a role that was made here; those from the start have words in every language.
ALTER TABLE role
    ADD COLUMN label text NOT NULL DEFAULT '',
    ADD COLUMN is_custom boolean NOT NULL DEFAULT false;
