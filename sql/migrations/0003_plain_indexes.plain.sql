-- Without chunks, a block-range index keeps whole-fleet queries over a time range from reading all of history.

CREATE INDEX presence_by_time  ON presence  USING brin (at);
CREATE INDEX heartbeat_by_time ON heartbeat USING brin (at);
CREATE INDEX battery_by_time   ON battery   USING brin (at);
CREATE INDEX storage_by_time   ON storage   USING brin (at);
CREATE INDEX recording_by_time ON recording USING brin (at);
CREATE INDEX location_by_time  ON location  USING brin (at);
CREATE INDEX event_by_time     ON event     USING brin (at);
