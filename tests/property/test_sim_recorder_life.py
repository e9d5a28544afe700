"""Whatever is done to a simulated recorder, and whenever links come and go, what it says keeps to the contract."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_sim.device.actions import Act, Do
from device_sim.device.models import MODELS
from device_sim.device.payloads import Message, Name
from device_sim.device.recorder import Recorder
from device_sim.device.specification import RecorderSpec
from device_sim.world.places import CellOutage, District, area, cell_at
from telemetry.domain.decode import decode
from telemetry.domain.messages import MAX_BACKLOG_MESSAGES, MAX_PAYLOAD_BYTES
from telemetry.domain.readings import Envelope, Reading

_START_MS = 1_772_409_600_000
_DETAILS = {
    Do.POWER_OFF: st.sampled_from(["key", "held", "battery_out", "watchdog"]),
    Do.LOGIN: st.sampled_from(["P0001", "P0002"]),
    Do.LOGOUT: st.none(),
    Do.RECORD: st.sampled_from(["manual", "auto", None]),
    Do.INSERT_SIM: st.sampled_from(["89860012345678901234", "8986001234567890123"]),
    Do.FLICKER: st.integers(1_000, 59_000),
    Do.SLOW_SIM: st.integers(1_000, 50_000),
    Do.ENTER: st.sampled_from(["garage", "lift", "station"]),
    Do.BREAK: st.sampled_from(["E17", None]),
    Do.DELETE: st.integers(1, 40),
    Do.DRAIN_TO: st.integers(0, 100),
    Do.FILL_TO: st.integers(0, 60_000),
    Do.SET_CLOCK_OFF: st.integers(-(10**12), 10**12),
}


@st.composite
def _acts(draw: st.DrawFn) -> list[Act]:
    moments = sorted(draw(st.lists(st.integers(0, 4 * 3_600_000), min_size=1, max_size=25)))
    acts = [Act(_START_MS, Do.POWER_ON)]
    for moment in moments:
        do = draw(st.sampled_from(list(Do)))
        acts.append(Act(_START_MS + moment, do, draw(_DETAILS.get(do, st.none()))))
    return acts


def _district() -> District:
    south, west = area(0).station
    outage = CellOutage(_START_MS + 3_000_000, _START_MS + 4_000_000, radio_on=False)
    return District({cell_at(south, west): [outage]})


def _live(recorder: Recorder, links: Random, until_ms: int) -> list[Message]:
    """Drive a recorder with a link that comes and goes by chance, as the drivers do."""
    said: list[Message] = []
    while (due_ms := recorder.next_due_ms) < until_ms:
        said += recorder.advance(due_ms)
        if recorder.is_linked and (recorder.isolation is not None or links.random() < 0.02):
            recorder.link_lost(due_ms)
        elif not recorder.is_linked and recorder.isolation is None and links.random() < 0.5:
            recorder.greet(due_ms)
            said.append(recorder.link_opened(due_ms))
        if recorder.is_linked and (envelope := recorder.next_envelope(due_ms)) is not None:
            said.append(envelope)
    return said


def _recorder(model: str, acts: list[Act], seed: int) -> Recorder:
    spec = RecorderSpec("R0001", MODELS[model], "861234567890123", "89860012345678901234", area(0), level_pct=60)
    return Recorder(spec, _district(), acts, Random(seed))


@settings(max_examples=60)
@given(acts=_acts(), model=st.sampled_from(sorted(MODELS)), seed=st.integers(0, 2**32))
def test_every_message_is_accepted_and_named_once_without_a_hole(acts: list[Act], model: str, seed: int) -> None:
    recorder = _recorder(model, acts, seed)
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
@given(acts=_acts(), model=st.sampled_from(sorted(MODELS)), seed=st.integers(0, 2**32))
def test_the_same_seed_says_the_same(acts: list[Act], model: str, seed: int) -> None:
    lives = [_live(_recorder(model, acts, seed), Random(1), _START_MS + 3 * 3_600_000) for _ in range(2)]
    assert lives[0] == lives[1]


@settings(max_examples=40)
@given(acts=_acts(), model=st.sampled_from(sorted(MODELS)), seed=st.integers(0, 2**32))
def test_what_is_filmed_hangs_on_no_network(acts: list[Act], model: str, seed: int) -> None:
    recorded = []
    for links in (1, 2):
        recorder = _recorder(model, acts, seed)
        _live(recorder, Random(links), _START_MS + 4 * 3_600_000)
        recorded.append(recorder.truth.recorded)
    assert recorded[0] == recorded[1]


@settings(max_examples=40)
@given(acts=_acts(), model=st.sampled_from(sorted(MODELS)), seed=st.integers(0, 2**32))
def test_levels_and_space_stay_within_their_bounds(acts: list[Act], model: str, seed: int) -> None:
    recorder = _recorder(model, acts, seed)
    for message in _live(recorder, Random(seed), _START_MS + 4 * 3_600_000):
        value = json.loads(message.text)
        if message.name.kind == "battery":
            assert 0 <= value["level_pct"] <= 100
        if message.name.kind == "storage":
            assert 0 <= value["free_mb"] <= value["total_mb"]
