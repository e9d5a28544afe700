"""Slips in words, for the console: a slip's line in the register, what it states, its steps, what may be done. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from pydantic import BaseModel

from alerts.incidents.actors import Actor
from alerts.paperwork.slips.content import SlipContent, established
from alerts.paperwork.slips.forms import BOXES, FORMS, Annex
from alerts.paperwork.slips.opinions import MOVES_ZH, STATES_ZH, WORKFLOWS, Dossier, Move, state_of
from telemetry.records import fields_of
from telemetry.records.slips import SlipRow, SlipStepRow


class SlipSummary(BaseModel):
    """One line of the register."""

    slip_id: str
    number: str
    annex: int
    box: int | None
    kind_zh: str
    incident_id: str
    unit_id: str | None
    unit_name: str
    officer_id: str
    officer_name: str
    department: str
    issued_at: datetime
    issued_by: str
    state: str
    state_zh: str
    is_void: bool
    version: int


class SlipStep(BaseModel):
    """One step: whose, what he wrote, when."""

    version: int
    at: datetime
    account: str
    step: str
    step_zh: str
    opinion: str


class SlipOffer(BaseModel):
    """A step that this account may take now."""

    step: str
    label_zh: str


class SlipStatement(BaseModel):
    """What the person concerned stated, as the slip holds it."""

    at: str
    text: str


class SlipDetail(BaseModel):
    """A slip as a whole: what it states, its steps, what may be done."""

    slip: SlipSummary
    title: str
    established: list[str]
    texts: dict[str, str]
    statements: list[SlipStatement]
    evidence_sha256: str
    is_current: bool
    steps: list[SlipStep]
    offers: list[SlipOffer]


def summarize(row: SlipRow, steps: Sequence[SlipStepRow]) -> SlipSummary:
    """A slip as a line of the register."""
    annex = cast("Annex", row.annex)
    box = row.content["box"]
    state = state_of(annex, steps)
    return SlipSummary(
        **fields_of(row),
        box=box,
        kind_zh="执法记录仪未开启" if box is None else BOXES[box - 1].rstrip("；："),
        unit_name=row.content["unit"],
        officer_name=row.content["officer"],
        department=row.content["department"],
        state=state,
        state_zh=STATES_ZH[state],
        version=len(steps),
    )


def detail_of(row: SlipRow, dossier: Dossier, actor: Actor, now: datetime) -> SlipDetail:
    """A slip as a whole, with what *actor* may do at *now*."""
    content = SlipContent(**row.content)
    return SlipDetail(
        slip=summarize(row, dossier.steps),
        title=FORMS[content.annex].title,
        established=established(content),
        texts=content.evidence["texts"],
        statements=content.evidence["statements"],
        evidence_sha256=row.evidence_sha256,
        is_current=dossier.is_current,
        steps=[SlipStep(**fields_of(taken), step_zh=MOVES_ZH[cast("Move", taken.step)]) for taken in dossier.steps],
        offers=[
            SlipOffer(step=offer.action, label_zh=MOVES_ZH[cast("Move", offer.action)])
            for offer in WORKFLOWS[content.annex].offers(dossier, actor, now)
        ],
    )
