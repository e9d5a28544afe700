"""Workflows: what people may do to a thing that has states, where it leads, and why not. Pure.

Incidents, slips, registers and approvals of late facts each declare a table of transitions by the name of the action. This
module answers for all of them: is an action refused, where does it lead, which actions are offered.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Literal, TypeVar

Thing = TypeVar("Thing")
Who = TypeVar("Who")
RefusalKind = Literal["unknown", "forbidden", "conflict", "invalid"]
"""There is no such thing; this account may not; the thing has moved on; what was asked for doesn't fit the thing."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action was not done: a code for machines, a sentence for people.

    `field` names what is missing in the request; `until` is set where the action is possible from that moment on.
    """

    kind: RefusalKind
    code: str
    text: str
    field: str | None = None
    until: datetime | None = None

    def more(self, text: str, until: datetime | None = None) -> "Refusal":
        """The same with *text* after its sentence."""
        return replace(self, text=self.text + text, until=until)


@dataclass(frozen=True, slots=True)
class Attempt(Generic[Thing, Who]):
    """Somebody tries an action on a thing at `now`; `text` is his reason, opinion or note."""

    thing: Thing
    actor: Who
    text: str
    now: datetime


Check = Callable[[Attempt[Thing, Who]], Refusal | None]


@dataclass(frozen=True, slots=True)
class Transition(Generic[Thing, Who]):
    """One action: from each state in which it may be taken to the one after it, and what it asks.

    The first refusal is the answer: of `first`, then of the state, then of `then`.
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
    """A table of transitions, how a thing's state is read, and the refusal of what isn't due in a state."""

    transitions: Mapping[str, Transition[Thing, Who]]
    state_of: Callable[[Thing], str]
    not_due: Callable[[str], Refusal]

    def refusal(self, action: str, attempt: Attempt[Thing, Who]) -> Refusal | None:
        """Why *action* is refused, or None; an action that doesn't exist is never due."""
        state = self.state_of(attempt.thing)
        transition = self.transitions.get(action)
        if transition is None:
            return self.not_due(state)
        refusal = _first_refusal(transition.first, attempt)
        if refusal is None and state not in transition.states:
            refusal = self.not_due(state)
        return refusal or _first_refusal(transition.then, attempt)

    def after(self, state: str, action: str) -> str | None:
        """The state that *action* leads to from *state*; None where it isn't due."""
        transition = self.transitions.get(action)
        return None if transition is None else transition.states.get(state)

    def offers(self, thing: Thing, actor: Who, now: datetime) -> list[Offer]:
        """Every action that *actor* may take at *now*, with a text where it asks for one."""
        return [
            Offer(action, needs_text=self.refusal(action, Attempt(thing, actor, "", now)) is not None)
            for action in self.transitions
            if self.refusal(action, Attempt(thing, actor, "-", now)) is None
        ]


def between(*before: str, to: str | None = None) -> dict[str, str]:
    """The `states` of a transition that leads from any of *before* to one state; without *to* the state stays."""
    return {state: to or state for state in before}


def text_or(refusal: Refusal) -> Check[Thing, Who]:
    """A check that asks for a text: *refusal* where there is none."""
    return lambda attempt: None if attempt.text.strip() else refusal


def _first_refusal(checks: Iterable[Check[Thing, Who]], attempt: Attempt[Thing, Who]) -> Refusal | None:
    return next((refusal for check in checks if (refusal := check(attempt)) is not None), None)
