-- What a person does not want to be told, as channel:kind; no intent is made of it.
ALTER TABLE contact ADD COLUMN muted text[] NOT NULL DEFAULT '{}';
