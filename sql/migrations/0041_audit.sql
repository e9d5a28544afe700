-- Who looked at what and who changed what, and why. Rows are added and never edited; only retention drops them, and
-- none younger than six months.

CREATE TABLE audit_entry (
    entry_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    account     text NOT NULL,
    address     text NOT NULL,
    action      text NOT NULL,
    target_kind text NOT NULL,
    target_id   text NOT NULL,
    officer_ids text[] NOT NULL DEFAULT '{}',
    why         text NOT NULL DEFAULT '',
    detail      jsonb
);
COMMENT ON COLUMN audit_entry.officer_ids IS 'whose track or incident was looked at: he sees who looked';
CREATE INDEX audit_entry_by_time    ON audit_entry (at, entry_id);
CREATE INDEX audit_entry_by_account ON audit_entry (account, entry_id DESC);
CREATE INDEX audit_entry_by_target  ON audit_entry (target_kind, target_id, entry_id DESC);
CREATE INDEX audit_entry_by_officer ON audit_entry USING gin (officer_ids);

CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('recorder_fleet.audit_retention', true) = 'on'
        AND OLD.at < clock_timestamp() - interval '6 months' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never edited', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_entry_is_kept BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION keep_audit();
CREATE TRIGGER audit_entry_is_not_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit();

-- Drop what is older than `keep`, which is six months at least. Returns the number of rows.
CREATE FUNCTION drop_old_audit(keep interval, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    dropped bigint;
BEGIN
    IF moment - keep > moment - interval '6 months' THEN
        RAISE EXCEPTION 'the audit log is kept for six months at least';
    END IF;
    PERFORM set_config('recorder_fleet.audit_retention', 'on', true);
    DELETE FROM audit_entry WHERE at < moment - keep;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    PERFORM set_config('recorder_fleet.audit_retention', 'off', true);
    RETURN dropped;
END $$;
