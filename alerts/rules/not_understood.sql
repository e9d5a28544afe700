-- not-understood: how many of a recorder's messages were rejected.

-- name: hours
-- For each hour with rejected messages (wholly or in part): the number rejected and the number of all messages.
-- Repeated rejections are stored as one row with a count; spread them evenly from the first to the last.
-- $1 recorder_id[], $2 from_at, $3 to_at (whole hours).
WITH refused AS (
    SELECT j.recorder_id, h.hour, j.code = 'partial' AS is_partial,
        CASE WHEN j.last_received_at = j.first_received_at THEN j.count ELSE
            j.count * extract(epoch FROM LEAST(j.last_received_at, h.hour + INTERVAL '1 hour') - GREATEST(j.first_received_at, h.hour))
            / extract(epoch FROM j.last_received_at - j.first_received_at)
        END AS number
    FROM rejection j
    CROSS JOIN LATERAL generate_series(
        date_trunc('hour', GREATEST(j.first_received_at, $2::timestamptz)), LEAST(j.last_received_at, $3::timestamptz - INTERVAL '1 s'), INTERVAL '1 hour'
    ) AS h (hour)
    WHERE j.recorder_id = ANY($1::text[]) AND j.last_received_at >= $2::timestamptz AND j.first_received_at < $3::timestamptz
), by_hour AS (
    SELECT recorder_id, hour, sum(number) AS refused, COALESCE(sum(number) FILTER (WHERE NOT is_partial), 0) AS lost
    FROM refused GROUP BY recorder_id, hour
)
SELECT b.recorder_id, b.hour, round(b.refused)::integer, round(b.lost)::integer + s.stored::integer, last.reason
FROM by_hour b
JOIN recorder r ON r.recorder_id = b.recorder_id AND r.status <> 'test'
CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM presence m WHERE m.recorder_id = b.recorder_id AND m.at BETWEEN b.hour - INTERVAL '1 day' AND b.hour + INTERVAL '65 min'
            AND m.received_at >= b.hour AND m.received_at < b.hour + INTERVAL '1 hour')
        + (SELECT count(*) FROM heartbeat m WHERE m.recorder_id = b.recorder_id AND m.at BETWEEN b.hour - INTERVAL '1 day' AND b.hour + INTERVAL '65 min'
            AND m.received_at >= b.hour AND m.received_at < b.hour + INTERVAL '1 hour')
        + (SELECT count(*) FROM battery m WHERE m.recorder_id = b.recorder_id AND m.at BETWEEN b.hour - INTERVAL '1 day' AND b.hour + INTERVAL '65 min'
            AND m.received_at >= b.hour AND m.received_at < b.hour + INTERVAL '1 hour')
        + (SELECT count(*) FROM storage m WHERE m.recorder_id = b.recorder_id AND m.at BETWEEN b.hour - INTERVAL '1 day' AND b.hour + INTERVAL '65 min'
            AND m.received_at >= b.hour AND m.received_at < b.hour + INTERVAL '1 hour')
        + (SELECT count(*) FROM recording m WHERE m.recorder_id = b.recorder_id AND m.at BETWEEN b.hour - INTERVAL '1 day' AND b.hour + INTERVAL '65 min'
            AND m.received_at >= b.hour AND m.received_at < b.hour + INTERVAL '1 hour')
        + (SELECT count(*) FROM location m WHERE m.recorder_id = b.recorder_id AND m.at BETWEEN b.hour - INTERVAL '1 day' AND b.hour + INTERVAL '65 min'
            AND m.received_at >= b.hour AND m.received_at < b.hour + INTERVAL '1 hour')
        + (SELECT count(*) FROM event m WHERE m.recorder_id = b.recorder_id AND m.at BETWEEN b.hour - INTERVAL '1 day' AND b.hour + INTERVAL '65 min'
            AND m.received_at >= b.hour AND m.received_at < b.hour + INTERVAL '1 hour') AS stored
) AS s
CROSS JOIN LATERAL (
    SELECT j.reason FROM rejection j WHERE j.recorder_id = b.recorder_id AND j.first_received_at < b.hour + INTERVAL '1 hour'
    ORDER BY j.last_received_at DESC LIMIT 1
) AS last
ORDER BY b.recorder_id, b.hour;
