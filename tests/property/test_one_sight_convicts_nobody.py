"""Whatever one reading says among others that say the opposite, it accuses nobody."""

from dataclasses import replace
from datetime import timedelta

from duty_scene import at, facts
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import footage_removed
from alerts.rules.footage_removed import FootageRemoved, Stored, Suspect
from alerts.silences.cause_evidence import Binding, Sighting
from alerts.silences.foreign_sims import foreign_cards
from telemetry.domain.measurement import is_low, mounted

T0 = at("8:00")
CARD = "89860012345678901234"
PARAMETERS = FootageRemoved()


@st.composite
def storage(draw: st.DrawFn) -> list[Stored]:
    """What a recorder tells whose files only ever grow in number, over one boot or two."""
    cadence_s = draw(st.sampled_from([60, 120, 300, 600]))
    files, free_mb, readings = draw(st.integers(0, 40)), draw(st.integers(20_000, 60_000)), []
    again = draw(st.integers(0, 30))
    for n, is_filmed in enumerate(draw(st.lists(st.booleans(), min_size=4, max_size=30))):
        if is_filmed:
            files, free_mb = files + 1, free_mb - draw(st.integers(1, 300))
        boot = "b1" if n < again else "b2"
        readings.append(Stored(T0 + timedelta(seconds=n * cadence_s), boot, n, 64_000, free_mb, files))
    return readings


@given(storage(), st.data())
def test_one_reading_of_the_card_makes_no_loss_of_footage(readings: list[Stored], data: st.DataObject) -> None:
    total_mb = data.draw(st.sampled_from([64_000, 64_000, 0, 8192]))
    files = data.draw(st.sampled_from([0, 1, 2, 255, 65535]) | st.integers(0, 2**31 - 1))
    n = data.draw(st.integers(0, len(readings) - 1))
    # In one case nothing but the number of files is odd.
    free_mb = data.draw(st.just(readings[n].free_mb) | st.sampled_from([0, total_mb]) | st.integers(0, total_mb))
    readings[n] = replace(readings[n], total_mb=total_mb, files=files, free_mb=free_mb)
    for loss in footage_removed.losses_of(readings, [], [], PARAMETERS):
        later = [reading for reading in readings if reading.at >= loss.start]
        said = footage_removed.judge(Suspect("R1", loss, later, facts(), {}, T0 + timedelta(days=9)), PARAMETERS)
        assert {"suspected"} >= {finding.confidence for finding in said}


@given(storage(), st.lists(st.integers(0, 29), max_size=12))
def test_readings_while_the_card_is_not_mounted_count_nothing(readings: list[Stored], away: list[int]) -> None:
    least = min(len(set(away)), (len(readings) - 1) // 2)
    lost = sorted({n % len(readings) for n in away})[:least]
    told = [replace(r, total_mb=8192, free_mb=8000, files=0) if n in lost else r for n, r in enumerate(readings)]
    assert [r for n, r in enumerate(readings) if n not in lost] == mounted(told)


@given(
    st.lists(st.floats(30, 100), min_size=2, max_size=20).map(lambda levels: sorted(levels, reverse=True)),
    st.integers(0, 19),
    st.floats(0, 100),
)
def test_one_charge_is_never_low(levels: list[float], n: int, odd: float) -> None:
    told = [*levels[: n % len(levels)], odd, *levels[n % len(levels) :]]
    low = [k for k in range(1, len(told) + 1) if is_low(told[:k], 20.0)]
    # A fall within what batteries do is believed; it can't be told from the truth.
    assert all(told[k - 2] - told[k - 1] <= 15 for k in low)


@given(
    st.lists(st.sampled_from(["heartbeat", "presence"]), min_size=1, max_size=30),
    st.integers(0, 29),
    st.text("0123456789", min_size=16, max_size=16).map("8986".__add__),
    st.sampled_from([30, 60, 300, 3600]),
)
def test_one_sight_of_a_card_is_none(kinds: list[str], n: int, odd: str, cadence_s: int) -> None:
    seen = [
        Sighting(T0 + timedelta(seconds=k * cadence_s), odd if k == n % len(kinds) else CARD, "b1", kind)
        for k, kind in enumerate(kinds)
    ]
    assert not [c for c in foreign_cards(seen, [Binding(CARD)], slack=timedelta(hours=1)) if c.is_told_twice]
