"""Workflows: who may take which action on a thing in a given state, and where it leads. Pure.

Incidents, slips, registers and approvals of late facts each declare a table of transitions by action name. This module
answers for all of them: is an action refused, where does it lead, which actions are offered.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Literal, TypeVar

Thing = TypeVar("Thing")
Who = TypeVar("Who")
RefusalKind = Literal["unknown", "forbidden", "conflict", "invalid"]
"""The thing doesn't exist; the account may not; its state has changed; the request doesn't fit the thing."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action was refused: a code for machines, a sentence for people.

    `field` names what the request lacks; `until` is the time from which the action is possible.
    """

    kind: RefusalKind
    code: str
    text: str
    field: str | None = None
    until: datetime | None = None

    def more(self, text: str, until: datetime | None = None) -> "Refusal":
        """The same refusal with *text* appended to its sentence."""
        return replace(self, text=self.text + text, until=until)


@dataclass(frozen=True, slots=True)
class Attempt(Generic[Thing, Who]):
    """An attempt to take an action on a thing at `now`; `text` is the reason, opinion or note."""

    thing: Thing
    actor: Who
    text: str
    now: datetime


Check = Callable[[Attempt[Thing, Who]], Refusal | None]


@dataclass(frozen=True, slots=True)
class Transition(Generic[Thing, Who]):
    """One action: the states from which it may be taken with the state after each, and its checks.

    The first refusal counts: from `first`, then from the state, then from `then`.
    """

    states: Mapping[str, str]
    first: tuple[Check[Thing, Who], ...] = ()
    then: tuple[Check[Thing, Who], ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that would succeed now; `needs_text`: only with a reason, opinion or note."""

    action: str
    needs_text: bool


@dataclass(frozen=True, slots=True)
class Workflow(Generic[Thing, Who]):
    """A table of transitions, how to read a thing's state, and the refusal for a wrong state."""

    transitions: Mapping[str, Transition[Thing, Who]]
    state_of: Callable[[Thing], str]
    not_due: Callable[[str], Refusal]

    def refusal(self, action: str, attempt: Attempt[Thing, Who]) -> Refusal | None:
        """Why *action* is refused, or None; an unknown action is always refused."""
        state = self.state_of(attempt.thing)
        transition = self.transitions.get(action)
        if transition is None:
            return self.not_due(state)
        refusal = _first_refusal(transition.first, attempt)
        if refusal is None and state not in transition.states:
            refusal = self.not_due(state)
        return refusal or _first_refusal(transition.then, attempt)

    def after(self, state: str, action: str) -> str | None:
        """The state after *action* in *state*; None if it can't be taken there."""
        transition = self.transitions.get(action)
        return None if transition is None else transition.states.get(state)

    def offers(self, thing: Thing, actor: Who, now: datetime) -> list[Offer]:
        """Every action that *actor* can take at *now*, given a text where one is needed."""
        return [
            Offer(action, needs_text=self.refusal(action, Attempt(thing, actor, "", now)) is not None)
            for action in self.transitions
            if self.refusal(action, Attempt(thing, actor, "-", now)) is None
        ]


def between(*before: str, to: str | None = None) -> dict[str, str]:
    """The `states` of a transition from any of *before* to *to*; without *to* the state stays the same."""
    return {state: to or state for state in before}


def text_or(refusal: Refusal) -> Check[Thing, Who]:
    """A check that requires a text and else answers *refusal*."""
    return lambda attempt: None if attempt.text.strip() else refusal


def _first_refusal(checks: Iterable[Check[Thing, Who]], attempt: Attempt[Thing, Who]) -> Refusal | None:
    return next((refusal for check in checks if (refusal := check(attempt)) is not None), None)
