"""Notices: by which channel next, how fast, and when a channel is left alone."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from standins.incident_scene import MONDAY
from standins.notice_scene import channels, person, settings

from alerts.notices.channels.channel import Answer, RateLimit, Refused, Sent, Traits, Unknown
from alerts.notices.circuit_breaker import Breaker, Gate, Held, admit, after_answer
from alerts.notices.composing import routes
from alerts.notices.delivery_plan import Attempt, AttemptState, Dead, Queued, Try, Wait, next_step
from alerts.notices.settings import NoticeSettings

NOW = MONDAY
SETTINGS = settings(tries=3, back_off_s=10, give_up_s=3600)
TRAITS = {
    "app": Traits("wecom", is_public=False, limits=(RateLimit(600, 60),), tells_repeats_s=14_400),
    "mail": Traits("email", is_public=False, limits=(RateLimit(60, 60),)),
}
FAILED = Refused("http 500", "out of order")


def tried(channel: str, state: AttemptState, ago_s: float = 600) -> Attempt:
    at = NOW - timedelta(seconds=ago_s)
    return Attempt(channel, state, at, at)


def step(*attempts: Attempt, shut: dict[str, datetime] | None = None, **changes: Any) -> Try | Wait | Dead:
    values: dict[str, Any] = {
        "created_at": NOW - timedelta(minutes=20),
        "is_urgent": False,
        "routes": [("app", "li"), ("mail", "li@b")],
    }
    return next_step(Queued(**{**values, **changes}, attempts=attempts), TRAITS, shut or {}, SETTINGS, NOW)


def test_the_preferred_channel_comes_first() -> None:
    assert Try("app", "li") == step()


def test_a_failure_is_tried_again_after_a_back_off() -> None:
    waited = step(tried("app", "failed", 1))
    assert isinstance(waited, Wait)
    assert timedelta(seconds=5) < waited.until - NOW < timedelta(seconds=13)
    assert Try("app", "li") == step(tried("app", "failed", 14))


def test_after_its_tries_the_next_channel_is_taken() -> None:
    assert Try("mail", "li@b") == step(*[tried("app", "failed")] * 3)


def test_a_final_no_hands_over_at_once() -> None:
    assert Try("mail", "li@b") == step(tried("app", "refused", 0))


def test_an_open_breaker_hands_over_at_once() -> None:
    assert Try("mail", "li@b") == step(shut={"app": NOW + timedelta(minutes=5)})


def test_with_all_breakers_open_it_waits_for_the_first_to_close() -> None:
    shut = {"app": NOW + timedelta(minutes=5), "mail": NOW + timedelta(minutes=2)}
    assert Wait(NOW + timedelta(minutes=2)) == step(shut=shut)


def test_an_unknown_outcome_is_not_tried_again_where_repeats_are_not_recognised() -> None:
    unsure = step(tried("mail", "unknown"), routes=[("mail", "li@b")])
    assert isinstance(unsure, Dead)
    assert "可能已经送达" in unsure.reason


def test_an_unknown_outcome_is_tried_again_where_repeats_are_recognised_and_only_so_long() -> None:
    only_app = {"routes": [("app", "li")], "created_at": NOW - timedelta(minutes=50)}
    assert Try("app", "li") == step(tried("app", "unknown"), **only_app)
    traits = {"app": Traits("wecom", is_public=False, limits=(), tells_repeats_s=300)}
    queued = Queued(
        NOW - timedelta(minutes=50), is_urgent=False, routes=[("app", "li")], attempts=[tried("app", "unknown")]
    )
    assert isinstance(next_step(queued, traits, {}, SETTINGS, NOW), Dead)


def test_one_unknown_among_failures_keeps_a_channel_closed() -> None:
    attempts = tried("mail", "unknown", 900), tried("mail", "failed", 800)
    assert isinstance(step(*attempts, routes=[("mail", "li@b")]), Dead)


def test_load_uses_up_no_tries_and_is_waited_for() -> None:
    only_app = {"routes": [("app", "li")]}
    limited = [tried("app", "limited", ago_s) for ago_s in (900, 800, 700, 600, 500, 400, 300, 200)]
    waited = step(*limited, **only_app)
    assert isinstance(waited, Wait)
    assert timedelta(0) < waited.until - NOW <= timedelta(hours=1, minutes=20)
    assert Try("app", "li") == step(tried("app", "limited", 41), **only_app)


def test_load_takes_another_channel_meanwhile() -> None:
    assert Try("mail", "li@b") == step(tried("app", "limited", 1))
    assert isinstance(step(tried("app", "limited", 1), tried("mail", "limited", 1)), Wait)


def test_no_notice_is_dead_of_load() -> None:
    old = {"routes": [("app", "li")], "created_at": NOW - timedelta(hours=20)}
    assert Try("app", "li") == step(tried("app", "limited", 1800), **old)
    assert isinstance(step(tried("app", "limited", 4000), **old), Dead)
    assert isinstance(step(tried("app", "limited", 1), **{**old, "created_at": NOW - timedelta(days=3)}), Dead)


def test_what_burns_does_not_wait_for_the_preferred_channel() -> None:
    assert Try("mail", "li@b") == step(tried("app", "failed", 1), is_urgent=True)


def test_without_a_channel_or_after_its_time_it_is_dead() -> None:
    assert isinstance(step(routes=[]), Dead)
    assert isinstance(step(created_at=NOW - timedelta(hours=1)), Dead)
    assert isinstance(step(routes=[("gone", "x")]), Dead)


@pytest.mark.parametrize("limit", [RateLimit(20, 60), RateLimit(5, 1), RateLimit(1, 10), RateLimit(100, 60)])
def test_no_window_holds_more_than_the_limit(limit: RateLimit) -> None:
    gate, at, passed = Gate(), NOW, []
    while at < NOW + timedelta(seconds=3 * limit.window_s):
        answer = admit(gate, [limit], at)
        if isinstance(answer, Held):
            assert answer.until > at
            at = answer.until
            continue
        gate = answer
        passed.append(at)
    window = timedelta(seconds=limit.window_s)
    assert max(sum(first <= other < first + window for other in passed) for first in passed) <= limit.count
    assert len(passed) >= 2 * limit.count


def test_two_limits_are_both_kept() -> None:
    limits = [RateLimit(5, 1), RateLimit(10, 60)]
    gate, at, passed = Gate(), NOW, 0
    while at < NOW + timedelta(seconds=59):
        answer = admit(gate, limits, at)
        if isinstance(answer, Held):
            at = answer.until
        else:
            gate, passed = answer, passed + 1
    assert passed <= 10


def after(gate: Gate, *answers: Answer) -> Gate:
    for answer in answers:
        gate = after_answer(gate, answer, NOW)
    return gate


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try_later() -> None:
    gate = after(Gate(), *[FAILED] * Breaker().failures)
    assert admit(gate, [], NOW) == Held(NOW + timedelta(seconds=30), is_broken=True)
    later = NOW + timedelta(seconds=30)
    probing = admit(gate, [], later)
    assert isinstance(probing, Gate)
    assert isinstance(admit(probing, [], later), Held)
    assert Gate() == after_answer(probing, Sent(), later)
    failed = after_answer(probing, Unknown("time-out"), later)
    assert failed.shut_until == later + timedelta(minutes=1)


def test_an_address_at_fault_is_no_fault_of_the_channel() -> None:
    gate = after(Gate(), *[Refused("81013", "", blame="address", is_final=True)] * 20)
    assert isinstance(admit(gate, [], NOW), Gate)


def test_too_fast_shuts_the_channel_for_as_long_as_it_says() -> None:
    gate = after(Gate(), Refused("130101", "too fast", blame="load", after_s=600))
    assert admit(gate, [], NOW) == Held(NOW + timedelta(minutes=10), is_broken=True)


def test_failures_that_are_not_in_a_row_open_nothing() -> None:
    gate = Gate()
    for _ in range(10):
        gate = after(gate, FAILED, FAILED, Sent())
    assert isinstance(admit(gate, [], NOW), Gate)


def test_a_public_channel_is_no_way_to_the_person_concerned() -> None:
    him = person("P0031", "张三", "officer")
    assert ["app", "group", "mail"] == [name for name, _ in routes(him, SETTINGS, is_of_himself=False)]
    assert ["app", "mail"] == [name for name, _ in routes(him, SETTINGS, is_of_himself=True)]


def test_a_person_has_an_order_of_his_own_and_only_channels_that_reach_him() -> None:
    him = person("P0031", "张三", "officer", email="z@b")
    assert [("mail", "z@b")] == routes(him, SETTINGS, is_of_himself=False)


def test_settings_that_name_no_channel_or_outlast_the_lease_are_refused() -> None:
    with pytest.raises(ValidationError, match="no channel is called 'pigeon'"):
        NoticeSettings(order=("pigeon",))
    with pytest.raises(ValidationError, match="not under lease_s"):
        NoticeSettings(channels=channels(), lease_s=5)
