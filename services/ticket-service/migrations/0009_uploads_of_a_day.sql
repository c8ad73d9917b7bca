-- What one person uploaded within a day is counted at each upload, without reading all of it.
CREATE INDEX attachment_uploader ON attachment (uploader_id, created_at);
