"""Which card may be in a slot, and when a foreign one was."""

from datetime import UTC, datetime, timedelta

from alerts.silences.cause_evidence import Binding, Sighting
from alerts.silences.foreign_sims import foreign_cards, is_same_card

T0 = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
OLD, NEW, PRIVATE = "89860012345678901234", "89860012345678901299", "89860099999999999999"
SLACK = timedelta(hours=1)


def seen(minutes: float, iccid: str, boot: str = "b1") -> Sighting:
    return Sighting(T0 + timedelta(minutes=minutes), iccid, boot)


def test_a_private_card_is_foreign_until_a_bound_one_is_back_across_boots() -> None:
    sightings = [seen(0, OLD), seen(30, PRIVATE), seen(60, PRIVATE, "b2"), seen(90, OLD, "b3")]
    (card,) = foreign_cards(sightings, [Binding(OLD)], slack=SLACK)
    assert (T0 + timedelta(minutes=30), T0 + timedelta(minutes=90)) == (card.first_at, card.back_at)
    assert card.bound_at == T0


def test_a_card_bound_from_then_on_is_the_right_one() -> None:
    bindings = [Binding(OLD), Binding(NEW, T0 + timedelta(minutes=20))]
    assert [] == foreign_cards([seen(0, OLD), seen(30, NEW)], bindings, slack=SLACK)


def test_a_card_changed_a_little_before_its_binding_begins_is_the_right_one() -> None:
    bindings = [Binding(OLD), Binding(NEW, T0 + timedelta(minutes=50))]
    assert [] == foreign_cards([seen(0, OLD), seen(30, NEW)], bindings, slack=SLACK)


def test_the_old_card_is_not_foreign_while_nobody_has_changed_it_yet() -> None:
    bindings = [Binding(OLD), Binding(NEW, T0)]
    assert [] == foreign_cards([seen(10, OLD), seen(300, OLD), seen(400, NEW)], bindings, slack=SLACK)


def test_the_old_card_is_foreign_once_the_new_one_was_in() -> None:
    bindings = [Binding(OLD), Binding(NEW, T0)]
    (card,) = foreign_cards([seen(10, NEW), seen(300, OLD)], bindings, slack=SLACK)
    assert OLD == card.iccid


def test_without_a_known_card_nothing_is_foreign() -> None:
    assert [] == foreign_cards([seen(10, PRIVATE)], [], slack=SLACK)
    assert [] == foreign_cards([seen(10, PRIVATE)], [Binding(NEW, T0 + timedelta(days=9))], slack=SLACK)


def test_a_single_misread_between_two_right_readings_is_no_card() -> None:
    assert [] == foreign_cards([seen(0, OLD), seen(0.5, PRIVATE), seen(1, OLD)], [Binding(OLD)], slack=SLACK)


def test_the_filler_and_a_missing_check_digit_do_not_make_another_card() -> None:
    assert is_same_card("8986001234567890123F", "8986001234567890123")
    assert is_same_card("8986001234567890123", "89860012345678901234")
    assert not is_same_card("89860012345678901234", "89860012345678901235")


def test_one_sight_of_a_foreign_card_is_not_told_twice() -> None:
    (card,) = foreign_cards([seen(0, OLD), seen(30, PRIVATE), seen(90, OLD, "b2")], [Binding(OLD)], slack=SLACK)
    assert not card.is_told_twice
    (card,) = foreign_cards(
        [seen(0, OLD), seen(30, PRIVATE), seen(31, PRIVATE), seen(90, OLD, "b2")], [Binding(OLD)], slack=SLACK
    )
    assert card.is_told_twice


def test_two_numbers_that_are_each_read_once_are_not_one_card_told_twice() -> None:
    (card,) = foreign_cards(
        [seen(0, OLD), seen(30, PRIVATE), seen(40, NEW), seen(90, OLD, "b2")], [Binding(OLD)], slack=SLACK
    )
    assert not card.is_told_twice


def test_a_card_that_its_boot_takes_back_within_a_minute_is_a_misread_by_however_many_messages() -> None:
    birth = Sighting(T0 + timedelta(minutes=30), PRIVATE, "b2", "presence")
    beat = Sighting(T0 + timedelta(minutes=30.2), PRIVATE, "b2")
    assert [] == foreign_cards([seen(0, OLD), birth, beat, seen(30.5, OLD, "b2")], [Binding(OLD)], slack=SLACK)
