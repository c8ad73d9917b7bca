-- Messages to phones, and the hours in which e-mails wait.
ALTER TABLE intent DROP CONSTRAINT intent_channel;
ALTER TABLE intent ADD CONSTRAINT intent_channel CHECK (channel IN ('email', 'in_app', 'phone'));

ALTER TABLE contact ADD COLUMN quiet_from text, ADD COLUMN quiet_to text;
