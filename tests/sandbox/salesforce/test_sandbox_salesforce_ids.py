"""Ids: the check characters, the case, the prefixes."""

from __future__ import annotations

import random

import pytest

from sandbox.salesforce.ids import IdFactory, canonical, with_checks
from sandbox.salesforce.org import Org


@pytest.mark.parametrize(
    ("short", "checks"), [("001R00000064wdt", "IAA"), ("00D58000000arpq", "EAA"), ("0055J000001D89M", "QAS")]
)
def test_check_characters_are_those_of_known_ids(short: str, checks: str) -> None:
    assert with_checks(short) == canonical(short) == short + checks


def test_an_id_of_18_characters_may_come_in_any_case() -> None:
    assert canonical("001r00000064wdtiaa") == canonical("001R00000064WDTIAA") == "001R00000064wdtIAA"


def test_an_id_of_15_characters_is_another_one_in_another_case() -> None:
    assert canonical("001r00000064wdt") != canonical("001R00000064wdt")


@pytest.mark.parametrize(
    "text", ["", "801", "801R00000064wd-", "801R00000064wdtIA", "001R00000064wdtI6A", "801é00000064wdt"]
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert canonical(text) is None


def test_new_ids_are_distinct_ascending_and_not_contiguous() -> None:
    factory = IdFactory(random.Random(1))  # noqa: S311 - seeded on purpose
    made = [factory.next_id("801") for _ in range(500)]
    assert len(set(made)) == 500
    assert all(canonical(each[:15]) == each for each in made)
    assert any(char.islower() for char in made[0][3:15]) or any(char.islower() for char in made[-1][3:15])


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        *(("Account", "001"), ("Order", "801"), ("OrderItem", "802"), ("Product2", "01t"), ("PricebookEntry", "01u")),
        *(("Pricebook2", "01s"), ("User", "005"), ("Organization", "00D")),
    ],
)
def test_every_object_has_its_prefix(name: str, prefix: str) -> None:
    assert Org().new_id(name).startswith(prefix)
