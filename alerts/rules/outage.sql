-- outage: losses that many recorders share.

-- name: counted_silences
-- Losses in a period that an outage may count. $1 from, $2 to.
SELECT * FROM silence WHERE since BETWEEN $1 AND $2 AND counts;

-- name: silences_of_outages
-- The members of outages. $1 outage_key[].
SELECT * FROM silence WHERE outage_key = ANY($1::text[]);

-- name: on_air
-- Recorders heard since $1, without test devices, with their last cell. Slow ones may have been heard up to a heartbeat
-- and a minute before the moment that is three minutes after $1.
SELECT s.recorder_id, s.cell FROM recorder_state s JOIN recorder r USING (recorder_id)
WHERE s.last_heard_at >= $1::timestamptz - make_interval(secs => GREATEST(r.heartbeat_s - 120, 0)) AND r.status <> 'test';

-- name: outages
-- Outages by key. $1 outage_key[].
SELECT * FROM outage WHERE outage_key = ANY($1::text[]);

-- name: put_outages
-- Store outages. $1 outage_key[], then the columns in order.
INSERT INTO outage (outage_key, scope, name, unit_id, kind, on_duty, starts_at, ends_at)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::timestamptz[], $8::timestamptz[]
)
ON CONFLICT (outage_key) DO UPDATE SET
    scope = EXCLUDED.scope, name = EXCLUDED.name, unit_id = EXCLUDED.unit_id, kind = EXCLUDED.kind,
    on_duty = EXCLUDED.on_duty, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at;

-- name: drop_outages
-- Delete outages that were merged into another. $1 outage_key[].
DELETE FROM outage WHERE outage_key = ANY($1::text[]);

-- name: set_outage_keys
-- Assign silences to outages. $1 silence_id[], $2 outage_key[].
UPDATE silence s SET outage_key = n.outage_key
FROM unnest($1::bigint[], $2::text[]) AS n (silence_id, outage_key) WHERE s.silence_id = n.silence_id;
