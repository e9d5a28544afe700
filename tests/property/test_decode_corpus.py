"""A corpus of hostile messages through `decode`: 50,000, and 1,000,000 in `make accept`, on all processors."""

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

import pytest
from decoded_checks import decode_storable
from hostile_corpus import SORTS, hostile_messages, is_publishable

from telemetry.domain.readings import Rejection

MESSAGES = 1_000_000 if os.environ.get("RECORDER_FLEET_ACCEPT") == "full" else 50_000
CHUNK = 5_000

Outcomes = Counter[tuple[str, str]]


def outcomes_of(seed: int) -> Outcomes:
    """What became of one chunk, by sort of message and kind of answer; what must not be is named by its message."""
    outcomes: Outcomes = Counter()
    for number, message in enumerate(islice(hostile_messages(seed), CHUNK)):
        try:
            decoded = decode_storable(message.topic, message.payload)
        except BaseException as fault:  # noqa: BLE001 - that it is total is the point
            outcomes["FAULT", f"seed {seed}, number {number}, {message.sort}: {fault!r}"] += 1
        else:
            answer = decoded.code if isinstance(decoded, Rejection) else type(decoded).__name__
            outcomes[message.sort, answer] += 1
    return outcomes


@pytest.mark.slow
def test_decode_answers_every_hostile_message_with_a_value_that_can_be_stored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes: Outcomes = Counter()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        for some in processes.map(outcomes_of, range(MESSAGES // CHUNK)):
            outcomes += some
    answers: Counter[str] = Counter()
    for (_, answer), count in outcomes.items():
        answers[answer] += count
    with capsys.disabled():
        sys.stdout.write(f"\n{outcomes.total()} hostile messages: {dict(answers.most_common())}\n")
    assert [] == [what for sort, what in outcomes if sort == "FAULT"]
    assert MESSAGES == outcomes.total()
    assert set(SORTS) == {sort for sort, _ in outcomes}
    kinds = {"Reading", "Envelope", "CommandReply", "Rescued"}
    assert {"topic", "kind", "too_large", "not_json", "schema"} | kinds == set(answers)


def test_the_same_seed_is_the_same_corpus() -> None:
    first, second = (list(islice(hostile_messages(7), 500)) for _ in range(2))
    assert first == second
    assert first != list(islice(hostile_messages(8), 500))


@pytest.mark.parametrize(
    "topic", ["", "a/+/b", "a/#", "a\x00", "\ud800", "a\x1b", "a" * 65_536, "￿", "/" * 200, "$SYS"]
)
def test_what_mqtt_forbids_is_not_published(topic: str) -> None:
    assert not is_publishable(topic)


@pytest.mark.parametrize("topic", ["recorder/v1/测试/battery", "recorder/v1//battery", "/", "a b", "\U0001f600"])
def test_what_mqtt_allows_is_published_however_odd(topic: str) -> None:
    assert is_publishable(topic)
