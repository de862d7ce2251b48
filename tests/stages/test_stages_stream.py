"""From the event on the bus to the end in Salesforce: subscriber, pipeline, write-back, over the real protocols."""

from tests.support.stack import Stack
from tests.support.waiting import eventually


def test_varied_orders_with_duplicate_events_end_as_expected(stack: Stack) -> None:
    samples = stack.box.make_orders(80)
    with stack.subscriber():
        stack.box.publish([sample.order_id for sample in samples], duplicates=20)
        eventually(lambda: stack.box.audit().lost == 0, what="every order ended")
        eventually(lambda: stack.box.audit().ok, what="everything was written", within_s=5)
    report = stack.box.audit()
    assert (report.orders, report.lost, report.doubled, report.wrong) == (80, 0, 0, 0)
