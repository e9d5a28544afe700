"""What the broker took over: one line per acknowledged message, to be held against what the database has."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from device_sim.device.payloads import Message


class AcknowledgedLog:
    """Appends `recorder_id boot seq kind` for each message that was published and acknowledged, inner ones too.

    A will has no `seq` and is published by the broker, so it is in no ack_log. Lines are complete after `close`, and
    within a buffer (8 KiB) before.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii")

    def note(self, message: Message) -> None:
        """Write the names of *message* and of everything in it."""
        for name in (message.name, *message.inner):
            self._file.write(f"{message.recorder_id} {name.boot} {name.seq} {name.kind}\n")

    def close(self) -> None:
        """Write what is buffered."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_acknowledged_log(path: Path) -> Iterator[tuple[str, str, int, str]]:
    """The lines of a ack_log: recorder_id, boot, seq, kind; `backlog` names an envelope, which is no reading."""
    with path.open(encoding="ascii") as file:
        for line in file:
            recorder_id, boot, seq, kind = line.split()
            yield recorder_id, boot, int(seq), kind
