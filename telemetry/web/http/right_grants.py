"""What grants a right needs two signatures: one asks, another countersigns (domain.md: three different people). Pure.

The security role countersigns what anybody asks for, an administrator what security asks for.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from alerts.incidents.actors import Role
from alerts.workflow import Attempt, Refusal, Transition, Workflow, text_or
from telemetry.records.accounts import AccountRow, GrantRow

LAPSES_AFTER: Final = timedelta(days=7)
"""Nobody signs what was asked for so long ago that its reason may be gone."""
UNKNOWN: Final = Refusal("unknown", "unknown", "该申请不存在")
WAITING: Final = Refusal("conflict", "waiting", "同一事项已有申请等待会签")
DECIDED: Final = Refusal("conflict", "decided", "该申请已办结")
LAPSED: Final = Refusal("conflict", "lapsed", "该申请已超过7天，请重新申请")
OVERTAKEN: Final = Refusal("conflict", "changed", "账号或令牌在此期间已有变化，请重新申请")
SAME_PERSON: Final = Refusal("forbidden", "same_person", "申请与会签不得为同一人")
ABOUT_YOURSELF: Final = Refusal("forbidden", "about_yourself", "本人不得会签涉及自己账号的申请")
ROLE: Final = Refusal("forbidden", "role", "安全管理员的申请由系统管理员会签，其他申请由安全管理员会签")
NOT_YOURS: Final = Refusal("forbidden", "not_yours", "只有申请人可以撤回")
NO_REASON: Final = Refusal("invalid", "no_reason", "须写明理由", field="reason")
_GRANTED: Final = ("unit_id", "officer_id", "oidc_subject")


@dataclass(frozen=True, slots=True)
class Signer:
    """The account that signs."""

    account: str
    roles: frozenset[Role]


_Try = Attempt[GrantRow, Signer]


def _countersigns(attempt: _Try) -> Refusal | None:
    grant, who = attempt.thing, attempt.actor
    if who.account == grant.asked_by:
        return SAME_PERSON
    if who.account == grant.target and grant.kind != "token":
        return ABOUT_YOURSELF
    return None if ("administrator" if grant.by_security else "security") in who.roles else ROLE


def _is_fresh(attempt: _Try) -> Refusal | None:
    return LAPSED if attempt.now - attempt.thing.asked_at >= LAPSES_AFTER else None


def _asked_himself(attempt: _Try) -> Refusal | None:
    return None if attempt.actor.account == attempt.thing.asked_by else NOT_YOURS


WORKFLOW: Final[Workflow[GrantRow, Signer]] = Workflow(
    {
        "grant": Transition({"waiting": "granted"}, (), (_countersigns, _is_fresh)),
        "refuse": Transition({"waiting": "refused"}, (text_or(NO_REASON),), (_countersigns,)),
        "withdraw": Transition({"waiting": "withdrawn"}, (), (_asked_himself,)),
    },
    state_of=lambda grant: grant.state,
    not_due=lambda state: LAPSED if state == "lapsed" else DECIDED,
)


def grants_something(before: AccountRow, after: AccountRow) -> bool:
    """Whether a change of an account gives anybody a right: a role, another unit, person or subject, or the account again.

    Another person or none changes what one may decide, no unit is the whole bureau, another subject is another hand that
    signs in. To take roles away or to disable an account grants nothing.
    """
    return (
        bool(after.roles - before.roles)
        or any(getattr(after, name) != getattr(before, name) for name in _GRANTED)
        or (before.disabled and not after.disabled)
    )
