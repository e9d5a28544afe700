"""Whatever is done to a simulated recorder, and whenever links come and go, what it says keeps to the contract."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.device.actions import Action, ActionKind
from device_sim.device.models import MODELS, RecorderSpec
from device_sim.device.payloads import Message, Name
from device_sim.device.recorder import Recorder
from device_sim.world.places import CellOutage, District, area, cell_at
from telemetry.domain.decode import decode
from telemetry.domain.messages import MAX_BACKLOG_MESSAGES, MAX_PAYLOAD_BYTES
from telemetry.domain.readings import Envelope, Reading

_START_MS = 1_772_409_600_000
_DETAILS = {
    ActionKind.POWER_OFF: st.sampled_from(["key", "held", "battery_out", "watchdog"]),
    ActionKind.LOGIN: st.sampled_from(["P0001", "P0002"]),
    ActionKind.LOGOUT: st.none(),
    ActionKind.RECORD: st.sampled_from(["manual", "auto", None]),
    ActionKind.INSERT_SIM: st.sampled_from(["89860012345678901234", "8986001234567890123"]),
    ActionKind.LOSE_SIM_CONTACT: st.integers(1_000, 59_000),
    ActionKind.DELAY_SIM: st.integers(1_000, 50_000),
    ActionKind.ENTER: st.sampled_from(["garage", "lift", "station"]),
    ActionKind.BREAK: st.sampled_from(["E17", None]),
    ActionKind.DELETE: st.integers(1, 40),
    ActionKind.SET_BATTERY_LEVEL: st.integers(0, 100),
    ActionKind.SET_FREE_SPACE: st.integers(0, 60_000),
    ActionKind.SET_CLOCK_OFF: st.integers(-(10**12), 10**12),
}


@st.composite
def _actions(draw: st.DrawFn) -> list[Action]:
    moments = sorted(draw(st.lists(st.integers(0, 4 * 3_600_000), min_size=1, max_size=25)))
    actions = [Action(_START_MS, ActionKind.POWER_ON)]
    for moment in moments:
        do = draw(st.sampled_from(list(ActionKind)))
        actions.append(Action(_START_MS + moment, do, draw(_DETAILS.get(do, st.none()))))
    return actions


def _district() -> District:
    south, west = area(0).station
    outage = CellOutage(_START_MS + 3_000_000, _START_MS + 4_000_000, radio_on=False)
    return District({cell_at(south, west): [outage]})


def _live(recorder: Recorder, links: Random, until_ms: int) -> list[Message]:
    """Drive a recorder with a link that comes and goes by chance, as the drivers do."""
    said: list[Message] = []
    while (due_ms := recorder.next_due_ms) < until_ms:
        said += recorder.advance(due_ms)
        if recorder.is_connected and (recorder.offline_cause is not None or links.random() < 0.02):
            recorder.connection_lost(due_ms)
        elif not recorder.is_connected and recorder.offline_cause is None and links.random() < 0.5:
            recorder.start_session(due_ms)
            said.append(recorder.connection_opened(due_ms))
        if recorder.is_connected and (envelope := recorder.next_envelope(due_ms)) is not None:
            said.append(envelope)
    return said


def _recorder(model: str, actions: list[Action], seed: int) -> Recorder:
    spec = RecorderSpec("R0001", MODELS[model], "861234567890123", "89860012345678901234", area(0), level_pct=60)
    return Recorder(spec, _district(), actions, Random(seed))


@settings(max_examples=60)
@given(actions=_actions(), model=st.sampled_from(sorted(MODELS)), seed=st.integers(0, 2**32))
def test_every_message_is_accepted_and_named_once_without_a_hole(actions: list[Action], model: str, seed: int) -> None:
    recorder = _recorder(model, actions, seed)
    said = _live(recorder, Random(seed + 1), _START_MS + 5 * 3_600_000)
    names: list[Name] = []
    for message in said:
        assert len(message.payload) <= MAX_PAYLOAD_BYTES
        decoded = decode(message.topic, message.payload)
        match decoded:
            case Envelope():
                assert 1 <= len(decoded.items) <= MAX_BACKLOG_MESSAGES
                assert all(isinstance(item, Reading) for item in decoded.items), decoded
            case Reading():
                pass
            case _:
                pytest.fail(f"not accepted: {decoded}")
        names += [message.name, *message.inner]
    assert len(names) == len({name[:2] for name in names})
    for boot in {name.boot for name in names}:
        seqs = sorted(name.seq for name in names if name.boot == boot and name.seq is not None)
        assert 0 <= seqs[0]
        if MODELS[model].keeps == "all" and not recorder.stored and not recorder.truth.dropped:
            assert list(range(seqs[0], seqs[0] + len(seqs))) == seqs


@settings(max_examples=25)
@given(actions=_actions(), model=st.sampled_from(sorted(MODELS)), seed=st.integers(0, 2**32))
def test_the_same_seed_says_the_same(actions: list[Action], model: str, seed: int) -> None:
    lives = [_live(_recorder(model, actions, seed), Random(1), _START_MS + 3 * 3_600_000) for _ in range(2)]
    assert lives[0] == lives[1]


@settings(max_examples=40)
@given(actions=_actions(), model=st.sampled_from(sorted(MODELS)), seed=st.integers(0, 2**32))
def test_what_is_filmed_hangs_on_no_network(actions: list[Action], model: str, seed: int) -> None:
    recorded = []
    for links in (1, 2):
        recorder = _recorder(model, actions, seed)
        _live(recorder, Random(links), _START_MS + 4 * 3_600_000)
        recorded.append(recorder.truth.recorded)
    assert recorded[0] == recorded[1]


@settings(max_examples=40)
@given(actions=_actions(), model=st.sampled_from(sorted(MODELS)), seed=st.integers(0, 2**32))
def test_levels_and_space_stay_within_their_bounds(actions: list[Action], model: str, seed: int) -> None:
    recorder = _recorder(model, actions, seed)
    for message in _live(recorder, Random(seed), _START_MS + 4 * 3_600_000):
        value = json.loads(message.text)
        if message.name.kind == "battery":
            assert 0 <= value["level_pct"] <= 100
        if message.name.kind == "storage":
            assert 0 <= value["free_mb"] <= value["total_mb"]
