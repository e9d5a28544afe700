"""Place a message on the server's time line although the device clock may be wrong.

The rules are domain.md's ("Clock trouble"). If the device clock is right, use its time. Otherwise its differences
within one boot still hold; anchor them to that boot's live messages. Without an anchor, use the arrival.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(minutes=5)
"""A live message further than this from its arrival has a wrong clock (domain.md, `clock-wrong`)."""
MAX_LATE: Final = timedelta(days=31)
"""A flash holds at most a month of readings, so an older `ts` comes from a wrong clock, not from a late message."""


_AGREES_S: Final = 20.0
"""Offsets that differ by no more than this agree; the network delays each message differently."""
_APART: Final = timedelta(seconds=60)
"""Held-up messages arrive together. If two were measured this far apart, their delays would differ visibly."""


@dataclass(slots=True)
class BootClock:
    """What is known of the device clock within one boot.

    A clock is corrected once, when the network or GNSS provides the time. `seq` rises by one per message, so it
    separates the messages before the correction from those after it, in any order of arrival.

    A late live message looks like one from a slow clock, so a second message must confirm the offset. `told_ts` is the
    `ts` of the message that first showed the offset; `is_told_twice` says that another one confirmed it. If `offset_s`
    is set and `wrong_to` is None, messages that arrived together contradict each other; the offset is not used until it
    is confirmed.

    `wrong_to` is the last `seq` with the wrong clock, `right_from` the first with the right one.
    """

    powered_on_at: datetime | None = None
    offset_s: float | None = None
    wrong_to: int | None = None
    right_from: int | None = None
    told_ts: datetime | None = None
    is_told_twice: bool = False
    uptime_s: float | None = None

    def observe_uptime(self, uptime_s: float) -> None:
        """Keep the longest uptime; a later, shorter one belongs to another power-on."""
        if self.uptime_s is None or uptime_s > self.uptime_s:
            self.uptime_s = uptime_s

    def observe_live(self, seq: int, ts: datetime, received_at: datetime, uptime_s: float | None) -> None:
        """Learn from a live message: not from a backlog and not delayed in the broker.

        *uptime_s* is in seconds; None if the message has none.
        """
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
                # A late arrival shows that the clock was right earlier, so the supposed offset came from a stray or
                # late message.
                self.offset_s = self.wrong_to = self.told_ts = None
                self.is_told_twice = False
        elif self.right_from is None or seq < self.right_from:
            # After a right message this one is late or a stray: a clock is corrected once and doesn't go wrong again.
            self._weigh(seq, ts, behind)

    def observe_stored(self, seq: int, ts: datetime, received_at: datetime, uptime_s: float | None) -> None:
        """Learn from a backlog message: its uptime anchors a clock that was never heard live while it was wrong.

        It also shows when a wrong clock was corrected while the device was offline.
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
        """Return the time of measurement on the server's time line, and whether it is the device's own `ts`."""
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
        """Learn from a live message with a wrong `ts`; a second message must confirm the offset."""
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
        # The network only ever delays, so the smallest difference is the best estimate.
        self.offset_s = offset_s if self.offset_s is None else min(self.offset_s, offset_s)
        self.wrong_to = seq if self.wrong_to is None else max(self.wrong_to, seq)


def is_plausible(ts: datetime, received_at: datetime) -> bool:
    """Return whether a right clock could have stamped *ts* on a message that arrived at *received_at*."""
    return received_at - MAX_LATE <= ts <= received_at + TOLERANCE
