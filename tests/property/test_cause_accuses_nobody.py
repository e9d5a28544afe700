"""Whatever readings come, nobody is accused of a pull that they don't prove."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.silences.cause_decision import decide
from alerts.silences.cause_evidence import (
    Beat,
    Binding,
    Birth,
    Bundle,
    Charge,
    Happening,
    Neighbours,
    Sighting,
    Silence,
)
from alerts.silences.cause_parameters import CauseParameters
from alerts.silences.foreign_sims import foreign_cards, is_same_card

T0 = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CARD = "89860012345678901234"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


levels = st.one_of(st.none(), st.floats(-140, -40))
neighbours = st.builds(
    Neighbours,
    cell=st.just("460-00-1-1"),
    online=st.integers(0, 20),
    silent=st.integers(0, 5),
    fleet_online=st.integers(0, 500),
)
charges = st.lists(st.builds(Charge, st.just(at(-30)), st.floats(0, 100), st.booleans()), max_size=2)
births = st.lists(
    st.builds(
        Birth,
        at=st.integers(1, 4000).map(at),
        boot=st.sampled_from(["b1", "b2", "b3"]),
        seq=st.integers(0, 9999),
        iccid=st.none(),
        last_end=st.sampled_from([None, "key", "battery", "watchdog", "battery_out", "unknown"]),
    ),
    max_size=3,
)
silences = st.builds(
    Silence,
    recorder_id=st.just("R1"),
    since=st.just(T0),
    until=st.sampled_from([None, at(4000)]),
    heartbeat_s=st.just(30),
    goodbye=st.sampled_from([None, "power_off", "low_battery", "docked", "sleep", "update"]),
    will=st.booleans(),
    boot_before=st.just("b1"),
    boot_after=st.sampled_from(["b1", "b2", None]),
    gapless=st.booleans(),
    settled=st.booleans(),
)


def beats(
    sims: list[str | None], networks: list[str], heard: list[float | None], start: float = 30
) -> tuple[Beat, ...]:
    """One heartbeat each half minute, into the flash."""
    count = min(len(sims), len(networks), len(heard))
    return tuple(
        Beat(at(start + 30 * i), "b1", 100 + i, 1000 + 30 * i, networks[i], heard[i], None, sims[i], None, backlog=True)
        for i in range(count)
    )


rows = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from(["none", "none", "4g"]), min_size=n, max_size=n),
        st.lists(levels, min_size=n, max_size=n),
    )
)


@given(
    silence=silences,
    said=rows,
    charged=charges,
    born=births,
    near=neighbours,
    sim=st.sampled_from(["ready", "locked", "error"]),
)
def test_a_sim_that_never_was_absent_is_never_more_than_suspected(
    *,
    silence: Silence,
    said: tuple[list[str], list[float | None]],
    charged: list[Charge],
    born: list[Birth],
    near: Neighbours,
    sim: str,
) -> None:
    during = beats([sim] * 60, *said)
    verdict = decide(
        Bundle(silence, during=during, charges_before=tuple(charged), births=tuple(born), neighbours=near),
        CauseParameters(),
    )
    assert verdict.sim is None
    assert verdict.cause != "sim_removed" or verdict.confidence == "suspected"


@given(silences, st.lists(st.integers(1, 2), min_size=1, max_size=12), neighbours)
def test_absences_under_a_minute_are_never_a_pull(silence: Silence, runs: list[int], near: Neighbours) -> None:
    sims: list[str | None] = []
    for length in runs:
        sims += [*["absent"] * length, "ready"]
    during = beats(sims, ["none"] * len(sims), [-84.0, -85.0] * len(sims))
    verdict = decide(Bundle(silence, during=during, neighbours=near), CauseParameters())
    assert verdict.sim is None


@given(silences, rows, neighbours)
def test_a_model_without_a_sense_is_never_confirmed(
    silence: Silence, said: tuple[list[str], list[float | None]], near: Neighbours
) -> None:
    verdict = decide(Bundle(silence, during=beats([None] * 60, *said), neighbours=near), CauseParameters())
    assert verdict.cause != "sim_removed" or verdict.confidence in {"suspected", "probable"}


@given(
    silences, rows, neighbours, st.lists(st.sampled_from(["ready", "absent", None, "error"]), min_size=1, max_size=60)
)
def test_the_verdict_is_total_and_says_why(
    silence: Silence,
    said: tuple[list[str], list[float | None]],
    near: Neighbours,
    sims: list[str | None],
) -> None:
    events = (Happening(at(5), "sim_removed", "b1"),)
    verdict = decide(Bundle(silence, during=beats(sims, *said), neighbours=near, events=events), CauseParameters())
    assert verdict.reasons or verdict.pleas
    assert (verdict.cause == "sim_removed" and verdict.confidence != "suspected") == (verdict.sim is not None)


cards = st.sampled_from([CARD, CARD + "F", CARD[:19]])


@given(st.lists(cards, max_size=20))
def test_the_bound_card_in_any_spelling_is_never_foreign(seen: list[str]) -> None:
    sightings = [Sighting(at(60 * i), card) for i, card in enumerate(seen)]
    assert [] == foreign_cards(sightings, [Binding(CARD)], slack=timedelta(hours=1))


@given(st.text("0123456789ABCDEF", min_size=18, max_size=20), st.text("0123456789ABCDEF", min_size=18, max_size=20))
def test_being_the_same_card_is_mutual(one: str, other: str) -> None:
    assert is_same_card(one, other) == is_same_card(other, one)
