-- A channel that asks to come later (load) is neither a failure nor a refusal: such attempts use up no tries.

ALTER TABLE notice_attempt DROP CONSTRAINT notice_attempt_state_check;
ALTER TABLE notice_attempt ADD CONSTRAINT notice_attempt_state_check
    CHECK (state IN ('sending', 'sent', 'failed', 'limited', 'refused', 'unknown'));
COMMENT ON COLUMN notice_attempt.state IS
    'failed: it did not work this time; limited: the channel asks to come later; refused: it never will take this one; '
    'unknown: it didn''t say';
