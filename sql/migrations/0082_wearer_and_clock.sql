-- What the judgement of wearers and clocks takes from readings that come beside others which can't be read.

-- How far a device's clock was behind its messages' arrival within a stretch (s): the least lag of its live heartbeats, for
-- transport only ever delays. Where none of them could be read, of its recording states; where nothing came live, as of the
-- last heartbeat before it in the boot that did, or else the first after it. A clock may be off by minutes before it counts
-- as wrong.
CREATE OR REPLACE FUNCTION clock_skew_s(of_recorder text, of_boot text, from_at timestamptz, to_at timestamptz) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT extract(epoch FROM COALESCE((
        SELECT min(h.received_at - h.at)
        FROM heartbeat h
        WHERE h.recorder_id = of_recorder AND h.boot = of_boot AND NOT h.backlog
            AND h.at BETWEEN from_at - INTERVAL '10 min' AND to_at + INTERVAL '10 min'
    ), (
        SELECT min(r.received_at - r.at)
        FROM recording r
        WHERE r.recorder_id = of_recorder AND r.boot = of_boot AND NOT r.backlog
            AND r.at BETWEEN from_at - INTERVAL '10 min' AND to_at + INTERVAL '10 min'
    ), (
        SELECT h.received_at - h.at
        FROM heartbeat h
        WHERE h.recorder_id = of_recorder AND h.boot = of_boot AND NOT h.backlog
            AND h.at BETWEEN from_at - INTERVAL '12 hours' AND from_at
        ORDER BY h.at DESC LIMIT 1
    ), (
        SELECT h.received_at - h.at
        FROM heartbeat h
        WHERE h.recorder_id = of_recorder AND h.boot = of_boot AND NOT h.backlog
            AND h.at BETWEEN to_at AND to_at + INTERVAL '12 hours'
        ORDER BY h.at LIMIT 1
    )))::double precision
$$;

-- The hand-outs, of some assignments, that name nobody until their officer has confirmed them by his login or on his
-- phone, with the moment of that (infinity: not yet): those to somebody of another unit, and those to somebody who was on
-- duty and had another recorder that worked. A custodian can't make anybody the wearer without his knowing.
CREATE OR REPLACE FUNCTION unconfirmed_handouts(moment timestamptz, assignment_ids text[])
RETURNS TABLE (assignment_id text, unconfirmed_to timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH handed AS MATERIALIZED (
        SELECT a.assignment_id, a.recorder_id, a.officer_id, a.starts_at, COALESCE(a.ends_at, 'infinity') AS ends_at
        FROM assignments_known_at(moment) a
        WHERE a.assignment_id = ANY (assignment_ids)
    ), span AS MATERIALIZED (
        -- Facts of other times are none of the hand-outs' business: there is a month of them, and a week to come.
        SELECT min(h.starts_at) AS first_at, max(h.starts_at) AS last_at FROM handed h
    ), line AS MATERIALIZED (
        SELECT u.unit_id, u.ancestor_id FROM unit_ancestors_known_at(moment) u
    ), foreign_units AS (
        SELECT h.assignment_id
        FROM handed h
        JOIN officers_known_at(moment) o ON o.officer_id = h.officer_id
        JOIN recorders_known_at(moment) r ON r.recorder_id = h.recorder_id
        WHERE o.unit_id <> r.unit_id
            AND NOT EXISTS (SELECT FROM line l WHERE l.unit_id = o.unit_id AND l.ancestor_id = r.unit_id)
            AND NOT EXISTS (SELECT FROM line l WHERE l.unit_id = r.unit_id AND l.ancestor_id = o.unit_id)
    ), duty AS (
        SELECT h.assignment_id, s.recorder_id, h.starts_at
        FROM handed h
        JOIN shifts_known_at(moment) s ON s.officer_id = h.officer_id AND s.kind IN ('patrol', 'campaign')
            AND s.starts_at <= h.starts_at AND s.ends_at > h.starts_at
        WHERE s.ends_at > (SELECT first_at FROM span) AND s.starts_at <= (SELECT last_at FROM span)
        UNION ALL
        SELECT h.assignment_id, CASE WHEN f.officer_id = h.officer_id THEN f.recorder_id END, h.starts_at
        FROM handed h
        JOIN activity_officer t ON t.officer_id = h.officer_id AND t.ends_at > h.starts_at
        JOIN activity_fact f USING (activity_id, version, slice)
        WHERE f.starts_at <= h.starts_at AND f.known_from <= moment AND moment < f.known_to
    ), another AS (
        SELECT d.assignment_id, d.recorder_id, d.starts_at FROM duty d WHERE d.recorder_id IS NOT NULL
        UNION
        SELECT h.assignment_id, a.recorder_id, h.starts_at
        FROM handed h
        JOIN assignments_known_at(moment) a ON a.officer_id = h.officer_id
            AND a.starts_at <= h.starts_at AND COALESCE(a.ends_at, 'infinity') > h.starts_at
            AND a.recorder_id <> h.recorder_id
        WHERE COALESCE(a.ends_at, 'infinity') > (SELECT first_at FROM span) AND a.starts_at <= (SELECT last_at FROM span)
        UNION
        SELECT h.assignment_id, r.recorder_id, h.starts_at
        FROM handed h JOIN recorders_known_at(moment) r ON r.holder_id = h.officer_id AND r.recorder_id <> h.recorder_id
    ), needing AS (
        SELECT f.assignment_id FROM foreign_units f
        UNION
        SELECT h.assignment_id
        FROM handed h
        JOIN another o ON o.assignment_id = h.assignment_id AND o.recorder_id <> h.recorder_id
        JOIN recorders_known_at(moment) r ON r.recorder_id = o.recorder_id AND r.status IN ('service', 'spare')
        WHERE EXISTS (SELECT FROM duty d WHERE d.assignment_id = h.assignment_id)
            -- One that is reported out of order is no recorder that he has: a spare takes its place. Many reports are never
            -- closed, so it counts again once another boot of it was in use.
            AND NOT EXISTS (
                SELECT FROM fault_reports_known_at(moment) f
                WHERE f.recorder_id = o.recorder_id AND f.reported_at <= h.starts_at
                    AND COALESCE(f.resolved_at, 'infinity') > h.starts_at
                    AND (f.kind = 'lost' OR next_in_use(f.recorder_id, f.reported_at, (
                        SELECT b.boot FROM recorder_boot b
                        WHERE b.recorder_id = f.recorder_id AND b.first_at <= f.reported_at
                        ORDER BY b.first_at DESC LIMIT 1
                    ), h.starts_at) IS NULL)
            )
    )
    SELECT h.assignment_id, COALESCE(LEAST(
        (SELECT GREATEST(c.confirmed_at, h.starts_at) FROM handout_confirmation c
         WHERE c.assignment_id = h.assignment_id AND c.officer_id = h.officer_id AND c.confirmed_at <= moment),
        (SELECT min(GREATEST(g.starts_at, h.starts_at))
         FROM logins_between(h.starts_at, LEAST(h.ends_at, moment), ARRAY[h.recorder_id], moment) g
         WHERE g.officer_id = h.officer_id)
    ), TIMESTAMPTZ '2200-01-01 00:00:00+00')
    FROM needing n JOIN handed h USING (assignment_id)
$$;
