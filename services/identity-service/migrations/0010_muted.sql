-- What a person does not want to be told, as channel:kind; a new kind is told until they say so.
ALTER TABLE app_user ADD COLUMN muted text[] NOT NULL DEFAULT '{}';
