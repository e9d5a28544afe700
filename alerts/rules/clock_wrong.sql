-- name: wrong_clocks
-- Boots whose clock differed by over 5 min (300 s; domain.md, "Rules") from the arrival of a live message, whether a
-- second message confirmed it, and whether a clock of ours was wrong then (two minutes around it, in which that may not
-- have been noticed). A boot id that was used again tells nothing: its messages can't be told apart for certain.
-- $1 recorder_id[], $2 since.
SELECT b.recorder_id, b.boot, b.first_received_at, b.clock_offset_s,
    b.clock_right_from IS NOT NULL AND b.clock_right_from > b.clock_wrong_to AS is_right_again, b.clock_told_twice,
    EXISTS (
        SELECT FROM standstill s
        CROSS JOIN LATERAL (
            SELECT s.starts_at - INTERVAL '2 min' AS from_at, COALESCE(s.ends_at + INTERVAL '2 min', 'infinity') AS to_at
        ) AS ours
        WHERE (s.part = 'clock' OR starts_with(s.part, 'clock/')) AND (
            b.clock_told_ts BETWEEN ours.from_at AND ours.to_at
            OR b.clock_told_ts + make_interval(secs => b.clock_offset_s) BETWEEN ours.from_at AND ours.to_at
        )
    ) AS is_our_fault
FROM recorder_boot b
WHERE b.recorder_id = ANY($1::text[]) AND b.first_at >= $2 AND abs(b.clock_offset_s) > 300 AND NOT b.reused
ORDER BY b.recorder_id, b.first_at;

-- name: told_while
-- Recorders whose clock was found wrong within an interval, two minutes more on each side. $1 from_at, $2 to_at.
SELECT DISTINCT recorder_id
FROM recorder_boot
WHERE abs(clock_offset_s) > 300 AND last_received_at >= $1::timestamptz - INTERVAL '1 day' AND (
    clock_told_ts BETWEEN $1::timestamptz - INTERVAL '2 min' AND $2::timestamptz + INTERVAL '2 min'
    OR clock_told_ts + make_interval(secs => clock_offset_s)
        BETWEEN $1::timestamptz - INTERVAL '2 min' AND $2::timestamptz + INTERVAL '2 min'
);
