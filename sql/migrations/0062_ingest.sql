-- What wire contract 1.1 asks of ingest: generations of a boot, what a rejection was about, what counts of nothing.

-- Firmware that draws a boot id again, or a seq that wraps: the later generations of a boot are rows named BOOT~2, BOOT~3, ...
ALTER TABLE recorder_boot
    ADD COLUMN uptime_s double precision,
    ADD COLUMN began_ts timestamptz,
    ADD COLUMN last_ts  timestamptz,
    ADD COLUMN reused   boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN recorder_boot.uptime_s IS 'the longest uptime that it told (s); a birth that tells of less, later, is of another power-on';
COMMENT ON COLUMN recorder_boot.began_ts IS 'of a later generation: the device''s own time at which it began';
COMMENT ON COLUMN recorder_boot.last_ts IS 'the latest of the device''s own times; what is newer under a name that is stored is another message';
COMMENT ON COLUMN recorder_boot.reused IS 'this boot id names more than one generation: a fault of the device, and its gaps prove nothing';
-- What was seen before this version: no later than it arrived, or than its clock said.
UPDATE recorder_boot SET last_ts = GREATEST(last_at, last_received_at);

-- An alarm that tells no boot or seq is stored under a boot of its own, named ~ and a hash: no power-on.
CREATE OR REPLACE VIEW live_reading AS
SELECT recorder_id, at, boot, seq FROM presence  WHERE NOT backlog AND seq IS NOT NULL AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM heartbeat WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM battery   WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM storage   WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM recording WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM location  WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
UNION ALL
SELECT recorder_id, at, boot, seq FROM event     WHERE NOT backlog AND received_at <= at + INTERVAL '5 min'
    AND NOT starts_with(boot, '~');

-- Every message that has a name, by that.
CREATE VIEW named_reading AS
SELECT 'presence' AS kind, recorder_id, at, ts, boot, seq FROM presence WHERE seq IS NOT NULL
UNION ALL SELECT 'heartbeat', recorder_id, at, ts, boot, seq FROM heartbeat
UNION ALL SELECT 'battery', recorder_id, at, ts, boot, seq FROM battery
UNION ALL SELECT 'storage', recorder_id, at, ts, boot, seq FROM storage
UNION ALL SELECT 'recording', recorder_id, at, ts, boot, seq FROM recording
UNION ALL SELECT 'location', recorder_id, at, ts, boot, seq FROM location
UNION ALL SELECT 'event', recorder_id, at, ts, boot, seq FROM event;

ALTER TABLE rejection
    ADD COLUMN fields text[] NOT NULL DEFAULT '{}',
    ADD COLUMN live   boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN rejection.code IS 'partial: what is named in fields was left out of a reading that is stored';
COMMENT ON COLUMN rejection.live IS 'it came as it was sent: its recorder was heard from first_received_at to last_received_at';

-- A memory card that isn't mounted has no counts: null, which no minimum and no rule takes for one.
ALTER TABLE storage ALTER COLUMN free_mb DROP NOT NULL, ALTER COLUMN files DROP NOT NULL;
COMMENT ON COLUMN storage.total_mb IS '0: the card isn''t mounted; another one than usual: so it is (usual_total_mb)';
COMMENT ON COLUMN location.fix IS 'gnss, network; none: within 0.01 degrees of 0, 0, which nothing may use';

-- The size that a recorder's card mostly had within the week before a moment; another one is of something else.
CREATE FUNCTION usual_total_mb(of_recorder text, moment timestamptz) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT mode() WITHIN GROUP (ORDER BY s.total_mb) FROM storage s
    WHERE s.recorder_id = of_recorder AND s.at > moment - INTERVAL '7 days' AND s.at <= moment AND s.total_mb > 0
$$;

-- Whether the latest storage of a recorder moves: to a reading of a card of the same size, or of another one once that of
-- the present size hasn't been there for a day.
CREATE FUNCTION is_newer_card(
    new_at timestamptz, new_seq bigint, new_total integer, old_at timestamptz, old_seq bigint, old_total integer
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT is_newer(new_at, new_seq, old_at, old_seq)
        AND (old_total IS NULL OR new_total = old_total OR new_at > old_at + INTERVAL '1 day')
$$;

ALTER TABLE ingest_worker ADD COLUMN held_s double precision NOT NULL DEFAULT 0;
COMMENT ON COLUMN ingest_worker.held_s IS 'since when the oldest message that is not stored yet has waited (s)';

-- What our own triggers refuse is a fault of the statement (SQLSTATE class 23): any other word of a database is waited out.
CREATE OR REPLACE FUNCTION refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never edited', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('recorder_fleet.audit_retention', true) = 'on'
        AND OLD.at < clock_timestamp() - interval '6 months' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never edited', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE FUNCTION keep_slip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'is_void' <> to_jsonb(OLD) - 'is_void' OR (OLD.is_void AND NOT NEW.is_void) THEN
        RAISE EXCEPTION 'what slip % states is never edited', OLD.slip_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION drop_old_audit(keep interval, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    dropped bigint;
BEGIN
    IF moment - keep > moment - interval '6 months' THEN
        RAISE EXCEPTION 'the audit log is kept for six months at least' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM set_config('recorder_fleet.audit_retention', 'on', true);
    DELETE FROM audit_entry WHERE at < moment - keep;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    PERFORM set_config('recorder_fleet.audit_retention', 'off', true);
    RETURN dropped;
END $$;
