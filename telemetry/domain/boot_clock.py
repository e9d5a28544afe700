"""When a message was measured, on the server's time line, although device clocks can't always be believed.

The rules are domain.md's ("Clock trouble"): a device clock counts where it is right; else its differences within one
boot still hold and are anchored to that boot's live messages; where nothing anchors, arrival.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(minutes=5)
"""A clock off by more than this from the arrival of a live message is wrong (domain.md, `clock-wrong`)."""
MAX_LATE: Final = timedelta(days=31)
"""No flash holds more than a month of readings: an older ts is a wrong clock's, not a late message's."""


_AGREES_S: Final = 20.0
"""Two messages tell of one offset if theirs differ by no more than this; a link delays each message as it likes."""
_APART: Final = timedelta(seconds=60)
"""Messages that are held up come together: measured this far apart, they are late by different times."""


@dataclass(slots=True)
class BootClock:
    """What is known of the device clock within one boot.

    A clock is corrected once, when the network or GNSS gives the time; `seq` rises by one with every message, so it
    tells the messages before the correction from those after it, in whatever order they arrive.

    A live message that is late looks like one of a slow clock. `told_ts` is the ts of the message that told of the offset
    first, and `is_told_twice` says that another one bore it out. `wrong_to` None beside an offset: messages that came
    together contradict one another, and nothing is placed by it until it is told twice.
    """

    powered_on_at: datetime | None = None
    offset_s: float | None = None
    wrong_to: int | None = None
    right_from: int | None = None
    told_ts: datetime | None = None
    is_told_twice: bool = False
    uptime_s: float | None = None

    def observe_uptime(self, uptime_s: float) -> None:
        """Keep the longest uptime: what tells of less, later, is of another power-on."""
        if self.uptime_s is None or uptime_s > self.uptime_s:
            self.uptime_s = uptime_s

    def observe_live(self, seq: int, ts: datetime, received_at: datetime, uptime_s: float | None) -> None:
        """Learn from a message that came as it was measured (not out of a backlog, not held up by the broker)."""
        if uptime_s is not None:
            if self.uptime_s is None or uptime_s > self.uptime_s:
                self.uptime_s = uptime_s
            powered_on_at = received_at - timedelta(seconds=uptime_s)
            if self.powered_on_at is None or powered_on_at < self.powered_on_at:
                self.powered_on_at = powered_on_at
        behind = received_at - ts
        if -TOLERANCE <= behind <= TOLERANCE:
            if self.right_from is None or seq < self.right_from:
                self.right_from = seq
            if self.wrong_to is not None and seq < self.wrong_to:
                # It came late: the clock had been right, so what was taken for a wrong one was a stray or a late message.
                self.offset_s = self.wrong_to = self.told_ts = None
                self.is_told_twice = False
        elif self.right_from is None or seq < self.right_from:
            # After a right one it is late, or a stray value: a clock is corrected once, and doesn't go wrong again.
            self._weigh(seq, ts, behind)

    def observe_stored(self, seq: int, ts: datetime, received_at: datetime, uptime_s: float | None) -> None:
        """Learn from a message of a backlog: its uptime anchors a clock that was never live while it was wrong.

        It also tells until when a clock that was seen wrong stayed so, where it was corrected with nobody listening.
        """
        is_wrong = self.offset_s is not None and self.wrong_to is not None
        if uptime_s is None or self.powered_on_at is None or (is_plausible(ts, received_at) and not is_wrong):
            return
        behind_s = (self.powered_on_at + timedelta(seconds=uptime_s) - ts).total_seconds()
        if self.offset_s is None or abs(behind_s - self.offset_s) < abs(behind_s):
            self._learn_offset(seq, behind_s)
            self.is_told_twice = True
        elif self.wrong_to is not None and self.wrong_to < seq and (self.right_from is None or seq < self.right_from):
            self.right_from = seq

    def place(self, seq: int, ts: datetime, received_at: datetime) -> tuple[datetime, bool]:
        """The moment of measurement on the server's time line, and whether it is the device's own ts."""
        if is_plausible(ts, received_at) and not self._was_wrong(seq):
            return ts, True
        if self.offset_s is not None:
            anchored = ts + timedelta(seconds=self.offset_s)
            if received_at - MAX_LATE <= anchored <= received_at:
                return anchored, False
        return received_at, False

    def _was_wrong(self, seq: int) -> bool:
        if self.wrong_to is None or seq > self.wrong_to:
            return False
        return self.right_from is None or (self.is_told_twice and seq < self.right_from)

    def _weigh(self, seq: int, ts: datetime, behind: timedelta) -> None:
        """Learn from a live message whose ts isn't the time: another one must bear the offset out."""
        offset_s, known_s = behind.total_seconds(), self.offset_s
        if known_s is None or self.told_ts is None:
            self.told_ts = ts
            self._learn_offset(seq, offset_s)
        elif abs(offset_s - known_s) <= _AGREES_S:
            is_late = timedelta(0) < behind <= MAX_LATE
            self.is_told_twice = self.is_told_twice or not is_late or abs(ts - self.told_ts) >= _APART
            if self.wrong_to is not None or self.is_told_twice:
                self._learn_offset(seq, offset_s)
        elif self.is_told_twice:
            self._learn_offset(seq, offset_s)
        elif offset_s < known_s:
            self.offset_s, self.told_ts, self.wrong_to = offset_s, ts, None

    def _learn_offset(self, seq: int, offset_s: float) -> None:
        # Transport only ever delays, so the least difference is the best estimate.
        self.offset_s = offset_s if self.offset_s is None else min(self.offset_s, offset_s)
        self.wrong_to = seq if self.wrong_to is None else max(self.wrong_to, seq)


def is_plausible(ts: datetime, received_at: datetime) -> bool:
    """Whether a right clock could have stamped *ts* on a message that arrived at *received_at*."""
    return received_at - MAX_LATE <= ts <= received_at + TOLERANCE
