-- A clock is wrong once two messages tell of it (domain.md, "Nothing convicts on one sight"): one may only have been late.

ALTER TABLE recorder_boot ADD COLUMN clock_told_ts timestamptz, ADD COLUMN clock_told_twice boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN recorder_boot.clock_told_ts IS 'ts of the live message that told of the offset first';
COMMENT ON COLUMN recorder_boot.clock_told_twice IS 'another message bore the offset out';
UPDATE recorder_boot SET clock_told_twice = true WHERE clock_offset_s IS NOT NULL;
