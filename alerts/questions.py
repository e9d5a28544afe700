"""What rules, duty and silences ask of the database, as an interface: they decide without importing the store."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any, Protocol

from alerts.facts.known import KnownFacts
from alerts.intervals import Interval
from telemetry.records.evaluation import Stretch


class Questions(Protocol):
    """SQL blocks by name: `block` of sql/queries/evaluation.sql, `rule.block` of a rule's own file."""

    async def ask(self, name: str, *parameters: Any) -> list[Any]:
        """Rows of one block, with its parameters as they are."""

    async def of(self, name: str, records: Sequence[Sequence[Any]], *more: Any) -> list[Any]:
        """Rows of one block for *records*, one array parameter a column; without records nothing is asked."""

    async def over(self, name: str, stretches: Sequence[Stretch], *more: Any) -> list[Any]:
        """Rows for some recorders in some stretches of time; the first column of each row is the stretch's key.

        A lower and an upper bound of all stretches go along as parameters, so that the database reads few chunks.
        """


class AskFacts(Protocol):
    """Reads what was known at a moment about a stretch of time."""

    def __call__(
        self, now: datetime, within: Interval, recorder_ids: Sequence[str] | None, officer_ids: Sequence[str]
    ) -> Awaitable[KnownFacts]:
        """The facts about some recorders and officers, and what they need to be understood; None: about everybody."""
