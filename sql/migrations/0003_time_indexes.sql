-- Within a chunk, or without chunks, a block-range index keeps whole-fleet queries over a time range (the rollups of an
-- hour, an outage) from reading the rest. It is a few kilobytes, for rows come nearly in the order of time.

CREATE INDEX presence_by_time  ON presence  USING brin (at) WITH (autosummarize = on);
CREATE INDEX heartbeat_by_time ON heartbeat USING brin (at) WITH (autosummarize = on);
CREATE INDEX battery_by_time   ON battery   USING brin (at) WITH (autosummarize = on);
CREATE INDEX storage_by_time   ON storage   USING brin (at) WITH (autosummarize = on);
CREATE INDEX recording_by_time ON recording USING brin (at) WITH (autosummarize = on);
CREATE INDEX location_by_time  ON location  USING brin (at) WITH (autosummarize = on);
CREATE INDEX event_by_time     ON event     USING brin (at) WITH (autosummarize = on);
