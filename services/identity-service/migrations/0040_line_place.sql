-- Where a line ends, for technicians' maps; both parts are known or neither is.
ALTER TABLE service_line
    ADD COLUMN latitude double precision
        CONSTRAINT service_line_latitude CHECK (latitude BETWEEN -90 AND 90),
    ADD COLUMN longitude double precision
        CONSTRAINT service_line_longitude CHECK (longitude BETWEEN -180 AND 180),
    ADD CONSTRAINT service_line_place CHECK ((latitude IS NULL) = (longitude IS NULL));
