-- Which message says since when a state has lasted: the first one that was stamped by the clock that the state began under.
-- After a clock was corrected, `since` of what began before it is off by as much as the clock was.

ALTER TABLE recording_state ADD COLUMN since_rank bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN recording_state.since_rank IS 'seq of the message that since was taken from; 2^62 more where nothing told when that was measured';
