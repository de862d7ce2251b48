"""Services are paired with the order items they came from, and whatever is not as ordered is seen."""

import itertools
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rules.services import ensure_up, is_plausible, not_active, pair_services
from actors.values import ProductLine
from clients.errors import ErrorCode, NeedsHuman
from clients.whmcs.values import Service


def item(number: int) -> str:
    return f"802{number:015}"


def line(number: int, pid: int = 5, cycle: str = "monthly", quantity: int = 1) -> ProductLine:
    return ProductLine(item_id=item(number), pid=pid, billing_cycle=cycle, quantity=quantity)


def service(number: int, pid: int = 5, cycle: str = "Monthly", status: str = "Active") -> Service:
    return Service(id=number, order_id=76, pid=pid, qty=1, status=status, billing_cycle=cycle)


def refusal(lines: tuple[ProductLine, ...], *services: Service) -> str:
    with pytest.raises(NeedsHuman) as caught:
        pair_services(lines, services)
    assert caught.value.code is ErrorCode.ACTIVATION_INCOMPLETE
    assert len(caught.value.message) <= 255
    return caught.value.message


def test_lines_are_told_apart_by_product_and_then_by_cycle() -> None:
    lines = (line(1, 5, "annually"), line(2, 7, "onetime"), line(3, 5, "monthly"))
    services = [service(12, 5, "Annually"), service(11, 5, "Monthly"), service(10, 7, "One-Time")]
    assert pair_services(lines, services) == {item(1): (12,), item(2): (10,), item(3): (11,)}


def test_alike_lines_get_ascending_services_in_line_order() -> None:
    services = [service(30), service(10), service(20)]
    assert pair_services((line(1), line(2), line(3)), services) == {item(1): (10,), item(2): (20,), item(3): (30,)}


def test_one_line_of_three_may_become_three_services() -> None:
    assert pair_services((line(1, quantity=3),), [service(9), service(7), service(8)]) == {item(1): (7, 8, 9)}


def test_one_line_of_three_may_become_one_scaling_service() -> None:
    assert pair_services((line(1, quantity=3),), [service(9)]) == {item(1): (9,)}


def test_alike_lines_get_consecutive_services_by_their_quantities() -> None:
    lines = (line(1, quantity=2), line(2, quantity=1), line(3, quantity=3))
    services = [service(number) for number in (6, 5, 4, 3, 2, 1)]
    assert pair_services(lines, services) == {item(1): (1, 2), item(2): (3,), item(3): (4, 5, 6)}


@pytest.mark.parametrize(
    ("cycle", "spelled"), [("onetime", "One Time"), ("free", "Free Account"), ("semiannually", "Semi-Annually")]
)
def test_cycles_are_compared_by_meaning(cycle: str, spelled: str) -> None:
    assert pair_services((line(1, cycle=cycle),), [service(9, cycle=spelled)]) == {item(1): (9,)}


def test_a_dropped_line_is_seen() -> None:
    text = refusal((line(1, 5), line(2, 7)), service(10, 5))
    assert text == "WHMCS order 76 is not what was ordered: product 7 monthly: expected 1, found 0 services"


def test_one_of_several_alike_lines_dropped_is_seen() -> None:
    assert "product 5 monthly: expected 2, found 1 service" in refusal((line(1), line(2)), service(10))


def test_too_few_and_too_many_services_are_seen_with_both_numbers_that_would_do() -> None:
    lines = (line(1, quantity=3), line(2, quantity=2))
    assert "expected 2 or 5, found 4 services" in refusal(lines, *map(service, range(1, 5)))
    assert "expected 2 or 5, found 6 services" in refusal(lines, *map(service, range(1, 7)))


def test_an_order_without_any_service_is_seen() -> None:
    assert (
        refusal((line(1),))
        == "The WHMCS order is not what was ordered: product 5 monthly: expected 1, found 0 services"
    )


def test_a_product_that_was_not_ordered_is_seen() -> None:
    text = refusal((line(1),), service(10), service(11, 9), service(12, 9, "Annually"))
    assert "product 9 was not ordered, found 2 services" in text


def test_another_cycle_than_ordered_is_seen_with_both_cycles() -> None:
    text = refusal((line(1, cycle="annually"),), service(10, cycle="Monthly"))
    assert 'product 5 was ordered annually, found billing cycle "Monthly"' in text


def test_a_service_without_cycle_is_not_taken_for_any() -> None:
    assert 'found billing cycle ""' in refusal((line(1),), service(10, cycle=""))


def test_two_cycles_of_one_product_made_as_one_are_seen() -> None:
    text = refusal((line(1, cycle="annually"), line(2, cycle="monthly")), service(10), service(11))
    assert "product 5 annually: expected 1, found 0 services" in text
    assert "product 5 monthly: expected 1, found 2 services" in text


def test_many_differences_fit_into_one_message() -> None:
    text = refusal(tuple(line(number, pid=number) for number in range(1, 50)))
    assert text.endswith("more")


GROUPS = [(5, "monthly", "Monthly"), (5, "onetime", "One-Time"), (9, "free", "Free Account")]
ORDERED = st.lists(st.tuples(st.sampled_from(GROUPS), st.integers(1, 4)), min_size=1, max_size=8)


@settings(deadline=None)
@given(ORDERED, st.sets(st.sampled_from(GROUPS)), st.randoms(use_true_random=False))
def test_every_service_is_given_to_exactly_one_item_when_the_counts_fit(
    ordered: list[tuple[tuple[int, str, str], int]], scaling: set[tuple[int, str, str]], chance: Random
) -> None:
    lines = tuple(line(n, pid, cycle, quantity) for n, ((pid, cycle, _), quantity) in enumerate(ordered))
    wanted = [group for group, quantity in ordered for _ in range(1 if group in scaling else quantity)]
    services = [service(100 + n, pid, spelled) for n, (pid, _, spelled) in enumerate(wanted)]
    chance.shuffle(services)
    pairs = pair_services(lines, services)
    assert list(pairs) == [one.item_id for one in lines]
    assert sorted(itertools.chain(*pairs.values())) == sorted(one.id for one in services)
    assert all(len(pairs[one.item_id]) in {1, one.quantity} for one in lines)
    made = {one.id: one.pid for one in services}
    assert all(made[number] == one.pid for one in lines for number in pairs[one.item_id])


@pytest.mark.parametrize(
    ("status", "is_up"),
    [
        ("Active", True),
        ("active ", True),
        ("Completed", True),
        ("Pending", False),
        ("Suspended", False),
        ("Terminated", False),
        ("Cancelled", False),
        ("Fraud", False),
        ("", False),
    ],
)
def test_active_and_completed_services_are_up_and_no_others(status: str, is_up: bool) -> None:  # noqa: FBT001 - a table's column
    one = service(10, status=status)
    assert not_active([one]) == ([] if is_up else [one])


def test_services_that_are_all_up_let_the_order_on() -> None:
    ensure_up([service(10), service(11, status="Completed")])


def test_services_that_are_down_are_named_with_their_state() -> None:
    with pytest.raises(NeedsHuman) as caught:
        ensure_up([service(10), service(11, status="Pending"), service(12, status="Suspended")])
    assert caught.value.code is ErrorCode.ACTIVATION_INCOMPLETE
    assert caught.value.message.endswith('service 11 is "Pending"; service 12 is "Suspended"')
    assert "WHMCS order 76" in caught.value.message


def test_very_many_services_that_are_down_fit_into_one_message() -> None:
    with pytest.raises(NeedsHuman) as caught:
        ensure_up([service(number, status="Pending") for number in range(1000, 1200)])
    assert len(caught.value.message) <= 255
    assert caught.value.message.endswith("more")


@pytest.mark.parametrize(
    ("quantities", "count", "plausible"),
    [((1,), 1, True), ((1,), 0, False), ((1,), 2, False), ((1, 3), 2, True), ((1, 3), 4, True), ((1, 3), 5, False)],
)
def test_a_count_of_services_is_plausible_between_one_a_line_and_all_quantities(
    quantities: tuple[int, ...], count: int, *, plausible: bool
) -> None:
    lines = tuple(line(number, quantity=quantity) for number, quantity in enumerate(quantities))
    assert is_plausible(lines, count) is plausible
