-- Facts from the bureau's other systems. Nothing is rewritten: the same id written again is another version.
--
-- fact_version is the journal: what was written, word for word. The *_fact tables are what rules read: the same
-- contents as far as they could be known at a moment. One version has a row for each moment at which more of it became
-- known (a footage's delivery, a report's repair, an approval), so that no rule can look ahead:
--
--     known_from <= now AND now < known_to
--
-- picks at most one row of a fact, and {collection}_known_at(now) is exactly that. known_from = known_to: overtaken
-- before it counted. `late`: entered after the fact (事后补录), approved or not; what isn't approved has no row here, or
-- one whose times are cut to what counts without approval: the hand-out that was entered after the fact begins at its
-- entry until somebody approves it.

CREATE TABLE fact_version (
    collection     text NOT NULL CHECK (collection IN (
        'units', 'officers', 'recorders', 'assignments', 'sim_bindings', 'shifts', 'activities', 'exemptions',
        'fault_reports', 'dock_imports', 'phone_footage')),
    fact_id        text NOT NULL,
    version        integer NOT NULL CHECK (version >= 1),
    content        jsonb NOT NULL,
    digest         bytea NOT NULL CHECK (length(digest) = 16),
    loaded_at      timestamptz NOT NULL,
    loaded_by      text NOT NULL,
    late           boolean NOT NULL,
    needs_approval boolean NOT NULL,
    approved_at    timestamptz,
    approved_by    text,
    PRIMARY KEY (collection, fact_id, version),
    CHECK ((approved_at IS NULL) = (approved_by IS NULL))
);
COMMENT ON COLUMN fact_version.digest IS 'over content: the same content again is no new version';
CREATE INDEX fact_version_awaiting ON fact_version (loaded_at) WHERE needs_approval AND approved_at IS NULL;

-- What was stored since somebody last looked: taken out by the one process that evaluates (telemetry.store.facts,
-- take_changes). Facts that become known later, by their own times, are found by facts_changed_between.
CREATE TABLE fact_change (
    change_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection text NOT NULL,
    fact_id    text NOT NULL
);

CREATE TABLE unit_fact (
    unit_id     text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    name        text NOT NULL,
    parent_id   text,
    kind        text NOT NULL,
    area        jsonb,
    PRIMARY KEY (unit_id, version, slice),
    CHECK (known_from <= known_to)
);

CREATE TABLE officer_fact (
    officer_id  text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    name        text NOT NULL,
    unit_id     text NOT NULL,
    roles       text[] NOT NULL,
    contact     jsonb,
    PRIMARY KEY (officer_id, version, slice),
    CHECK (known_from <= known_to)
);
CREATE INDEX officer_fact_by_unit ON officer_fact (unit_id);

CREATE TABLE recorder_fact (
    recorder_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    unit_id     text NOT NULL,
    model       text NOT NULL,
    holder_id   text,
    imei        text,
    iccid       text,
    heartbeat_s integer NOT NULL,
    senses_sim  boolean NOT NULL,
    status      text NOT NULL,
    PRIMARY KEY (recorder_id, version, slice),
    CHECK (known_from <= known_to)
);
CREATE INDEX recorder_fact_by_unit   ON recorder_fact (unit_id);
CREATE INDEX recorder_fact_by_holder ON recorder_fact (holder_id);

CREATE TABLE assignment_fact (
    assignment_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    recorder_id text NOT NULL,
    officer_id  text NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    reason      text NOT NULL,
    PRIMARY KEY (assignment_id, version, slice),
    CHECK (known_from <= known_to)
);
CREATE INDEX assignment_fact_by_recorder ON assignment_fact (recorder_id, COALESCE(ends_at, 'infinity'));
CREATE INDEX assignment_fact_by_officer  ON assignment_fact (officer_id, COALESCE(ends_at, 'infinity'));

CREATE TABLE sim_binding_fact (
    sim_binding_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    recorder_id text NOT NULL,
    iccid       text NOT NULL,
    valid_from  timestamptz NOT NULL,
    PRIMARY KEY (sim_binding_id, version, slice),
    CHECK (known_from <= known_to)
);
CREATE INDEX sim_binding_fact_by_recorder ON sim_binding_fact (recorder_id, valid_from);

CREATE TABLE shift_fact (
    shift_id    text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    officer_id  text NOT NULL,
    recorder_id text,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    kind        text NOT NULL,
    PRIMARY KEY (shift_id, version, slice),
    CHECK (known_from <= known_to)
);
CREATE INDEX shift_fact_by_officer  ON shift_fact (officer_id, ends_at);
CREATE INDEX shift_fact_by_recorder ON shift_fact (recorder_id, ends_at) WHERE recorder_id IS NOT NULL;
CREATE INDEX shift_fact_by_start    ON shift_fact (starts_at);
CREATE INDEX shift_fact_by_end      ON shift_fact (ends_at);

CREATE TABLE activity_fact (
    activity_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    officer_id  text NOT NULL,
    officer_ids text[] NOT NULL,
    recorder_id text,
    kind        text NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    case_no     text,
    times_from  text NOT NULL,
    rounded_to_min double precision,
    PRIMARY KEY (activity_id, version, slice),
    CHECK (known_from <= known_to)
);
COMMENT ON COLUMN activity_fact.officer_ids IS 'the whole team, officer_id first';
CREATE INDEX activity_fact_by_recorder ON activity_fact (recorder_id, COALESCE(ends_at, 'infinity')) WHERE recorder_id IS NOT NULL;
CREATE INDEX activity_fact_by_start    ON activity_fact (starts_at);
CREATE INDEX activity_fact_by_end      ON activity_fact (COALESCE(ends_at, 'infinity'));

-- Who took part in an activity, one row each, so that an officer's activities are found by an index.
CREATE TABLE activity_officer (
    officer_id  text NOT NULL,
    ends_at     timestamptz NOT NULL,
    activity_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    PRIMARY KEY (officer_id, ends_at, activity_id, version, slice)
);
COMMENT ON COLUMN activity_officer.ends_at IS '''infinity'' while it runs';

CREATE TABLE exemption_fact (
    exemption_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    officer_id  text,
    unit_id     text,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    reason      text NOT NULL,
    approved_by text NOT NULL,
    PRIMARY KEY (exemption_id, version, slice),
    CHECK (known_from <= known_to),
    CHECK (officer_id IS NOT NULL OR unit_id IS NOT NULL)
);
COMMENT ON COLUMN exemption_fact.unit_id IS 'with all units below it; where officer_id is given too, he alone is meant';
CREATE INDEX exemption_fact_by_officer ON exemption_fact (officer_id, ends_at);
CREATE INDEX exemption_fact_by_end     ON exemption_fact (ends_at);

CREATE TABLE fault_report_fact (
    fault_report_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    officer_id  text NOT NULL,
    recorder_id text NOT NULL,
    kind        text NOT NULL,
    reported_at timestamptz NOT NULL,
    repair_at   timestamptz,
    resolved_at timestamptz,
    PRIMARY KEY (fault_report_id, version, slice),
    CHECK (known_from <= known_to)
);
CREATE INDEX fault_report_fact_by_recorder ON fault_report_fact (recorder_id, reported_at);
CREATE INDEX fault_report_fact_by_officer  ON fault_report_fact (officer_id, reported_at);

CREATE TABLE dock_import_fact (
    dock_import_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    recorder_id text NOT NULL,
    station_id  text NOT NULL,
    docked_at   timestamptz NOT NULL,
    imported_at timestamptz NOT NULL,
    files       integer NOT NULL,
    megabytes   double precision NOT NULL,
    recorded_from timestamptz NOT NULL,
    recorded_to timestamptz NOT NULL,
    segments    tstzmultirange,
    PRIMARY KEY (dock_import_id, version, slice),
    CHECK (known_from <= known_to)
);
COMMENT ON COLUMN dock_import_fact.segments IS 'what was recorded; NULL where the station cannot tell';
CREATE INDEX dock_import_fact_by_recorder ON dock_import_fact (recorder_id, docked_at);

CREATE TABLE phone_footage_fact (
    phone_footage_id text NOT NULL,
    version     integer NOT NULL,
    slice       integer NOT NULL,
    known_from  timestamptz NOT NULL,
    known_to    timestamptz NOT NULL DEFAULT 'infinity',
    late        boolean NOT NULL,
    officer_id  text NOT NULL,
    fault_report_id text,
    recorded_at timestamptz NOT NULL,
    uploaded_at timestamptz,
    delivered_at timestamptz,
    received_by text,
    PRIMARY KEY (phone_footage_id, version, slice),
    CHECK (known_from <= known_to)
);
CREATE INDEX phone_footage_fact_by_officer ON phone_footage_fact (officer_id, recorded_at);

-- By the moments at which something becomes known or stops being so (facts_changed_between). Most versions stand still.
CREATE INDEX unit_fact_from          ON unit_fact (known_from);
CREATE INDEX officer_fact_from       ON officer_fact (known_from);
CREATE INDEX recorder_fact_from      ON recorder_fact (known_from);
CREATE INDEX assignment_fact_from    ON assignment_fact (known_from);
CREATE INDEX sim_binding_fact_from   ON sim_binding_fact (known_from);
CREATE INDEX shift_fact_from         ON shift_fact (known_from);
CREATE INDEX activity_fact_from      ON activity_fact (known_from);
CREATE INDEX exemption_fact_from     ON exemption_fact (known_from);
CREATE INDEX fault_report_fact_from  ON fault_report_fact (known_from);
CREATE INDEX dock_import_fact_from   ON dock_import_fact (known_from);
CREATE INDEX phone_footage_fact_from ON phone_footage_fact (known_from);
CREATE INDEX unit_fact_to          ON unit_fact (known_to)          WHERE known_to < 'infinity';
CREATE INDEX officer_fact_to       ON officer_fact (known_to)       WHERE known_to < 'infinity';
CREATE INDEX recorder_fact_to      ON recorder_fact (known_to)      WHERE known_to < 'infinity';
CREATE INDEX assignment_fact_to    ON assignment_fact (known_to)    WHERE known_to < 'infinity';
CREATE INDEX sim_binding_fact_to   ON sim_binding_fact (known_to)   WHERE known_to < 'infinity';
CREATE INDEX shift_fact_to         ON shift_fact (known_to)         WHERE known_to < 'infinity';
CREATE INDEX activity_fact_to      ON activity_fact (known_to)      WHERE known_to < 'infinity';
CREATE INDEX exemption_fact_to     ON exemption_fact (known_to)     WHERE known_to < 'infinity';
CREATE INDEX fault_report_fact_to  ON fault_report_fact (known_to)  WHERE known_to < 'infinity';
CREATE INDEX dock_import_fact_to   ON dock_import_fact (known_to)   WHERE known_to < 'infinity';
CREATE INDEX phone_footage_fact_to ON phone_footage_fact (known_to) WHERE known_to < 'infinity';

-- The indexes hold the end rather than the beginning: what touches a stretch of time ends after it began, and what ended
-- before is history, which only grows. For an open end ask COALESCE(ends_at, 'infinity').

-- The facts as they were known at a moment. Each is one plain SELECT, so that the planner inlines it and a condition on
-- officer, recorder or time uses the indexes above.
CREATE FUNCTION units_known_at(moment timestamptz) RETURNS SETOF unit_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM unit_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION officers_known_at(moment timestamptz) RETURNS SETOF officer_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM officer_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION recorders_known_at(moment timestamptz) RETURNS SETOF recorder_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM recorder_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION assignments_known_at(moment timestamptz) RETURNS SETOF assignment_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM assignment_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION sim_bindings_known_at(moment timestamptz) RETURNS SETOF sim_binding_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM sim_binding_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION shifts_known_at(moment timestamptz) RETURNS SETOF shift_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM shift_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION activities_known_at(moment timestamptz) RETURNS SETOF activity_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM activity_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION exemptions_known_at(moment timestamptz) RETURNS SETOF exemption_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM exemption_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION fault_reports_known_at(moment timestamptz) RETURNS SETOF fault_report_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM fault_report_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION dock_imports_known_at(moment timestamptz) RETURNS SETOF dock_import_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM dock_import_fact WHERE known_from <= moment AND moment < known_to $$;

CREATE FUNCTION phone_footage_known_at(moment timestamptz) RETURNS SETOF phone_footage_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT * FROM phone_footage_fact WHERE known_from <= moment AND moment < known_to $$;

-- The activities in which some officers took part and that end after a moment.
CREATE FUNCTION activities_of_officers_known_at(moment timestamptz, officers text[], since timestamptz)
RETURNS SETOF activity_fact
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT f.*
    FROM activity_fact f
    WHERE f.known_from <= moment AND moment < f.known_to AND (f.activity_id, f.version, f.slice) IN (
        SELECT o.activity_id, o.version, o.slice
        FROM activity_officer o
        WHERE o.officer_id = ANY (officers) AND o.ends_at > since
    )
$$;

-- Every unit with itself (distance 0) and each unit above it, as known at a moment; a tree deeper than 20 is none.
CREATE FUNCTION unit_ancestors_known_at(moment timestamptz)
RETURNS TABLE (unit_id text, ancestor_id text, distance integer)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH RECURSIVE known AS MATERIALIZED (
        SELECT u.unit_id, u.parent_id FROM units_known_at(moment) u
    ), above (unit_id, ancestor_id, distance) AS (
        SELECT k.unit_id, k.unit_id, 0 FROM known k
        UNION ALL
        SELECT a.unit_id, k.parent_id, a.distance + 1
        FROM above a JOIN known k ON k.unit_id = a.ancestor_id
        WHERE k.parent_id IS NOT NULL AND a.distance < 20
    )
    SELECT a.unit_id, a.ancestor_id, a.distance FROM above a
$$;

-- Facts that became known, changed or ended by their own times in (after, until].
CREATE FUNCTION facts_changed_between(after timestamptz, until timestamptz)
RETURNS TABLE (collection text, fact_id text)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT 'units', unit_id FROM unit_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'units', unit_id FROM unit_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'officers', officer_id FROM officer_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'officers', officer_id FROM officer_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'recorders', recorder_id FROM recorder_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'recorders', recorder_id FROM recorder_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'assignments', assignment_id FROM assignment_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'assignments', assignment_id FROM assignment_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'sim_bindings', sim_binding_id FROM sim_binding_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'sim_bindings', sim_binding_id FROM sim_binding_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'shifts', shift_id FROM shift_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'shifts', shift_id FROM shift_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'activities', activity_id FROM activity_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'activities', activity_id FROM activity_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'exemptions', exemption_id FROM exemption_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'exemptions', exemption_id FROM exemption_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'fault_reports', fault_report_id FROM fault_report_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'fault_reports', fault_report_id FROM fault_report_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'dock_imports', dock_import_id FROM dock_import_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'dock_imports', dock_import_id FROM dock_import_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
    UNION SELECT 'phone_footage', phone_footage_id FROM phone_footage_fact WHERE known_from > after AND known_from <= until AND known_from < known_to
    UNION SELECT 'phone_footage', phone_footage_id FROM phone_footage_fact WHERE known_to > after AND known_to <= until AND known_from < known_to AND known_to < 'infinity'
$$;

-- The next moment at which facts change by their own times, if any: until then a tick finds the same facts.
CREATE FUNCTION next_fact_change(after timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT least(
        (SELECT min(known_from) FROM unit_fact WHERE known_from > after),
        (SELECT min(known_to) FROM unit_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM officer_fact WHERE known_from > after),
        (SELECT min(known_to) FROM officer_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM recorder_fact WHERE known_from > after),
        (SELECT min(known_to) FROM recorder_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM assignment_fact WHERE known_from > after),
        (SELECT min(known_to) FROM assignment_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM sim_binding_fact WHERE known_from > after),
        (SELECT min(known_to) FROM sim_binding_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM shift_fact WHERE known_from > after),
        (SELECT min(known_to) FROM shift_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM activity_fact WHERE known_from > after),
        (SELECT min(known_to) FROM activity_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM exemption_fact WHERE known_from > after),
        (SELECT min(known_to) FROM exemption_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM fault_report_fact WHERE known_from > after),
        (SELECT min(known_to) FROM fault_report_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM dock_import_fact WHERE known_from > after),
        (SELECT min(known_to) FROM dock_import_fact WHERE known_to > after AND known_to < 'infinity'),
        (SELECT min(known_from) FROM phone_footage_fact WHERE known_from > after),
        (SELECT min(known_to) FROM phone_footage_fact WHERE known_to > after AND known_to < 'infinity')
    )
$$;

-- Bring the register (0001), which is for display, to what is known at a moment. Returns the rows that it touched.
CREATE FUNCTION refresh_register(moment timestamptz) RETURNS bigint
LANGUAGE sql
AS $$
    WITH put_units AS (
        INSERT INTO unit AS u (unit_id, name, parent_id, kind, area)
        SELECT k.unit_id, k.name, p.unit_id, k.kind, k.area
        FROM units_known_at(moment) k LEFT JOIN units_known_at(moment) p ON p.unit_id = k.parent_id
        ON CONFLICT (unit_id) DO UPDATE SET
            name = EXCLUDED.name, parent_id = EXCLUDED.parent_id, kind = EXCLUDED.kind, area = EXCLUDED.area
        WHERE (u.name, u.parent_id, u.kind, u.area)
            IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.parent_id, EXCLUDED.kind, EXCLUDED.area)
        RETURNING 1
    ), put_recorders AS (
        INSERT INTO recorder AS r (recorder_id, unit_id, model, holder_id, imei, iccid, heartbeat_s, senses_sim, status)
        SELECT k.recorder_id, k.unit_id, k.model, k.holder_id, k.imei, k.iccid, k.heartbeat_s, k.senses_sim, k.status
        FROM recorders_known_at(moment) k JOIN units_known_at(moment) u USING (unit_id)
        ON CONFLICT (recorder_id) DO UPDATE SET
            unit_id = EXCLUDED.unit_id, model = EXCLUDED.model, holder_id = EXCLUDED.holder_id, imei = EXCLUDED.imei,
            iccid = EXCLUDED.iccid, heartbeat_s = EXCLUDED.heartbeat_s, senses_sim = EXCLUDED.senses_sim,
            status = EXCLUDED.status
        WHERE (r.unit_id, r.model, r.holder_id, r.imei, r.iccid, r.heartbeat_s, r.senses_sim, r.status)
            IS DISTINCT FROM (EXCLUDED.unit_id, EXCLUDED.model, EXCLUDED.holder_id, EXCLUDED.imei, EXCLUDED.iccid,
                EXCLUDED.heartbeat_s, EXCLUDED.senses_sim, EXCLUDED.status)
        RETURNING 1
    ), drop_recorders AS (
        DELETE FROM recorder r
        WHERE EXISTS (SELECT FROM recorder_fact f WHERE f.recorder_id = r.recorder_id)
            AND NOT EXISTS (SELECT FROM recorders_known_at(moment) k WHERE k.recorder_id = r.recorder_id)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM put_units) + (SELECT count(*) FROM put_recorders)
        + (SELECT count(*) FROM drop_recorders)
$$;
