"""Every order of the catalogue ends as it has to, and both systems say so: through sandbox, Valkey, worker threads."""

import pytest

from clients.errors import ErrorCode
from sandbox.kinds_failing import FAILING
from sandbox.kinds_good import GOOD
from sandbox.samples import PlacedSample
from tests.support.stack import Stack

# Codes that no order of the catalogue reaches: an outage ends with them (tests/stages/test_stages_outages.py), or a
# doubt (tests/stages/test_stages_doubt.py), or a stage that is not built yet.
ELSEWHERE = {
    ErrorCode.WHMCS_ORDER_UNCERTAIN,
    ErrorCode.WHMCS_UNAVAILABLE,
    ErrorCode.SALESFORCE_UNAVAILABLE,
    ErrorCode.INTERNAL_ERROR,
    ErrorCode.ESIM_REJECTED,
}


def _audit(stack: Stack) -> None:
    report = stack.box.audit()
    assert report.orders == 1
    assert not report.findings, report.findings


@pytest.mark.parametrize("kind", list(GOOD))
def test_an_order_that_can_be_done_ends_activated(stack: Stack, kind: str) -> None:
    stack.run(kind)
    _audit(stack)


@pytest.mark.parametrize("kind", list(FAILING))
def test_an_order_that_cannot_be_done_ends_failed_with_its_code(stack: Stack, kind: str) -> None:
    sample = stack.run(kind)
    _audit(stack)
    memory = stack.ledger.remember(sample.order_id)
    assert memory.failure is not None
    assert memory.failure["code"] == sample.code


def test_every_code_of_the_contract_has_an_order_that_ends_with_it(stack: Stack) -> None:
    samples: list[PlacedSample] = stack.box.make_orders(len(FAILING), kinds=list(FAILING))
    assert {sample.code for sample in samples} == set(ErrorCode) - ELSEWHERE
