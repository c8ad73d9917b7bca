-- Which session began to set the second factor up: no other is shown its secret, or may prove it.
ALTER TABLE second_factor ADD COLUMN begun_by uuid;
