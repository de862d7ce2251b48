"""Chaos in short: real processes, every kind of trouble at least once, and every order ends once and as it has to."""

from pathlib import Path

import pytest

from tests.chaos.plan import short_plan
from tests.chaos.run import Chaos

# Any other works as well: python -m tests.chaos --short --seed ...
SEED = 20_261


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_200_orders_of_every_kind_end_once_and_right_whatever_is_done_to_the_service(tmp_path: Path) -> None:
    outcome = Chaos(short_plan(SEED), tmp_path, _say).run()
    assert outcome.ok, outcome.text()


def _say(text: str) -> None:
    print(text)  # noqa: T201 - pytest shows it when the test fails
