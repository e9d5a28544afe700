-- name: wrong_clocks
-- Boots whose clock differed by over 5 min (300 s; domain.md, "Rules") from the arrival of a live message, and whether
-- a second message confirmed it. $1 recorder_id[], $2 since.
SELECT recorder_id, boot, first_received_at, clock_offset_s,
    clock_right_from IS NOT NULL AND clock_right_from > clock_wrong_to AS is_right_again, clock_told_twice
FROM recorder_boot
WHERE recorder_id = ANY($1::text[]) AND first_at >= $2 AND abs(clock_offset_s) > 300
ORDER BY recorder_id, first_at;
