-- Which alarm counts which call for help. A call is counted once, whatever is read or judged again.

CREATE TABLE sos_call (
    recorder_id text NOT NULL,
    boot        text NOT NULL,
    seq         bigint NOT NULL,
    ts          timestamptz NOT NULL,
    at          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    is_late     boolean NOT NULL,
    clock_ok    boolean NOT NULL,
    counted_at  timestamptz NOT NULL,
    key         text NOT NULL,
    PRIMARY KEY (recorder_id, boot, seq, ts)
);
COMMENT ON COLUMN sos_call.is_late IS 'from a backlog, or received over five minutes after it was made';
COMMENT ON COLUMN sos_call.counted_at IS 'the tick that counted it';
COMMENT ON COLUMN sos_call.key IS 'key of the incident of rule sos that counts it';
CREATE INDEX sos_call_by_key ON sos_call (key);

-- Calls that an incident tells of already. A call that no tick has judged yet stays uncounted, so that it still rings.
INSERT INTO sos_call
SELECT DISTINCT ON (e.recorder_id, e.boot, e.seq, e.ts) e.recorder_id, e.boot, e.seq, e.ts, e.at, e.received_at,
    e.backlog OR e.received_at > e.at + INTERVAL '5 min', e.clock_ok, i.detected_at, i.key
FROM incident i
CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(i.evidence -> 'facts' -> 'calls') WHEN 'array' THEN i.evidence -> 'facts' -> 'calls' END
) AS c (at)
JOIN event e ON e.recorder_id = i.recorder_id AND e.type = 'sos' AND e.at = c.at::timestamptz
WHERE i.rule = 'sos'
ORDER BY e.recorder_id, e.boot, e.seq, e.ts, i.detected_at;
