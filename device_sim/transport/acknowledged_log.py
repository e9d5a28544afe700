"""Logs each acknowledged message in one line, so that tests can compare them with what the database stored."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from device_sim.device.payloads import Message


class AcknowledgedLog:
    """Appends `recorder_id boot seq kind` for each acknowledged message, and for those inside an envelope.

    Wills aren't logged: the broker publishes them, and they have no `seq`. Up to 8 KiB are buffered until `close`.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii")

    def append(self, message: Message) -> None:
        """Log *message* and every message inside it."""
        for name in (message.name, *message.inner):
            self._file.write(f"{message.recorder_id} {name.boot} {name.seq} {name.kind}\n")

    def close(self) -> None:
        """Write what is buffered and close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_acknowledged_log(path: Path) -> Iterator[tuple[str, str, int, str]]:
    """Read the lines: recorder_id, boot, seq, kind. The kind `backlog` is an envelope, not a reading."""
    with path.open(encoding="ascii") as file:
        for line in file:
            recorder_id, boot, seq, kind = line.split()
            yield recorder_id, boot, int(seq), kind
