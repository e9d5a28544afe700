"""The queries that rules, duty and silences need, as an interface: decision code doesn't import the store."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any, Protocol

from alerts.facts.known import KnownFacts
from alerts.intervals import Interval
from telemetry.records.evaluation import Stretch


class Questions(Protocol):
    """SQL blocks by name: `block` in sql/queries/evaluation.sql, `rule.block` in a rule's own file."""

    async def ask(self, name: str, *parameters: Any) -> list[Any]:
        """Rows of one block with plain parameters."""

    async def of(self, name: str, records: Sequence[Sequence[Any]], *more: Any) -> list[Any]:
        """Rows of one block for *records*, one array parameter per column; without records no query is run."""

    async def over(self, name: str, stretches: Sequence[Stretch], *more: Any) -> list[Any]:
        """Rows for recorders over periods; the first column of each row is the period's key.

        The lower and upper bound of all periods are passed too, so that the database scans few chunks.
        """


class AskFacts(Protocol):
    """Reads the facts known at a moment about a period."""

    def __call__(
        self, now: datetime, within: Interval, recorder_ids: Sequence[str] | None, officer_ids: Sequence[str]
    ) -> Awaitable[KnownFacts]:
        """Facts about these recorders and officers, and what they refer to; *recorder_ids* None: about everybody."""
