-- A mail names the request that it goes back to.
ALTER TABLE notice ADD COLUMN request_id text;
