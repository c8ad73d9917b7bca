-- When a key was refused last, so that the audit log is told of it once a minute and not at each call.
ALTER TABLE api_key ADD COLUMN refused_at timestamptz;
