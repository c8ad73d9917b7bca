-- The id of the request that an event goes back to travels on with it, to the mail.
ALTER TABLE outbox ADD COLUMN request_id text;
