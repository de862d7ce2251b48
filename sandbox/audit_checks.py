"""What an order must look like in both systems when it has ended; every difference is said in words."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from sandbox.salesforce.org import Org
from sandbox.samples import ExpectedLine, PlacedSample
from sandbox.whmcs.records import Order, Service
from sandbox.whmcs.shop import Shop

# The length of Activation_Error_Message__c.
_MESSAGE_LIMIT = 255
_UP = frozenset({"Active", "Completed"})
_NUMBER = re.compile(r"[0-9]+")
_CUSTOMER_TAG = re.compile(r"K[0-9]{5}")
_PROGRAM_TALK = re.compile(
    r'Traceback|File "|\bat 0x[0-9a-f]+|[A-Za-z]+(?:Error|Exception)\b|127\.0\.0\.1|localhost|http'
)


def activated_problems(org: Org, shop: Shop, sample: PlacedSample, live: list[Order]) -> Iterator[str]:
    """Yield what is wrong with an order that had to become Activated."""
    record = org.get("Order", sample.order_id) or {}
    status = text_of(record, "Activation_Status__c")
    if status != "Activated":
        code, message = text_of(record, "Activation_Error_Code__c"), text_of(record, "Activation_Error_Message__c")
        yield f"expected Activated, found {status} {code}: {message}"
        return
    yield from _left_errors(record)
    if not text_of(record, "Activation_Last_Attempt_At__c"):
        yield "Activation_Last_Attempt_At__c is empty"
    if not live:
        yield "it is Activated, but WHMCS holds no live order for it"
    elif len(live) == 1:
        yield from _order_problems(record, sample, live[0])
        yield from _item_problems(org, sample, live[0])
        yield from _payment_problems(shop, sample, live[0])


def failed_problems(org: Org, shop: Shop, sample: PlacedSample, live: list[Order]) -> Iterator[str]:
    """Yield what is wrong with an order that had to end as Failed."""
    if len(live) < sample.live_orders or (live and not sample.live_orders):
        yield f"expected {sample.live_orders} live orders in WHMCS, found {len(live)}"
    if not sample.exists:
        return
    record = org.get("Order", sample.order_id) or {}
    status, code = text_of(record, "Activation_Status__c"), text_of(record, "Activation_Error_Code__c")
    message = text_of(record, "Activation_Error_Message__c")
    if (status, code) != ("Failed", sample.code):
        yield f"expected Failed {sample.code}, found {status} {code}: {message}"
    elif not message:
        yield "Activation_Error_Message__c is empty"
    yield from _message_problems(org, shop, record, message)


def untouched_problems(org: Org, shop: Shop, sample: PlacedSample, live: list[Order]) -> Iterator[str]:
    """Yield what is wrong with an order that was Activated before and had to stay as it was."""
    yield from activated_problems(org, shop, sample, live)
    record = org.get("Order", sample.order_id) or {}
    for field, value in sample.keeps.items():
        if record.get(field) != value:
            yield f"it was Activated before, yet {field} was changed from {value!r} to {record.get(field)!r}"


def text_of(record: Mapping[str, object] | None, field: str) -> str:
    """Return a field as text, "" for null or a record that is not there."""
    value = (record or {}).get(field)
    return "" if value is None else str(value)


def _left_errors(record: Mapping[str, object]) -> Iterator[str]:
    for field in ("Activation_Error_Code__c", "Activation_Error_Message__c"):
        if text_of(record, field):
            yield f"it is Activated, but {field} still says {text_of(record, field)!r}"


def _order_problems(record: Mapping[str, object], sample: PlacedSample, order: Order) -> Iterator[str]:
    written = text_of(record, "WHMCS_Order_ID__c")
    if written != str(order.id):
        yield f"WHMCS_Order_ID__c is {written!r}, the order in WHMCS is {order.id}"
    if sample.whmcs_order_id is not None and order.id != sample.whmcs_order_id:
        yield f"WHMCS held order {sample.whmcs_order_id} for it already, yet {order.id} was made"
    if order.client_id != sample.client_id:
        yield f"WHMCS order {order.id} belongs to client {order.client_id}, expected {sample.client_id}"
    if order.status != "Active":
        yield f"WHMCS order {order.id} is {order.status}, not accepted"
    for service in order.services:
        if service.status not in _UP:
            yield f"service {service.id} is {service.status}"
        if service.creations > 1:
            yield f"service {service.id} was provisioned {service.creations} times"
    yield from _line_problems(sample, order)


def _line_problems(sample: PlacedSample, order: Order) -> Iterator[str]:
    wanted: Counter[tuple[int, str]] = Counter()
    for line in sample.lines:
        wanted[line.pid, line.cycle] += line.quantity
    made: Counter[tuple[int, str]] = Counter()
    for service in order.services:
        made[service.product.pid, service.cycle] += service.qty
    for pid, cycle in sorted(wanted.keys() | made.keys()):
        if wanted[pid, cycle] != made[pid, cycle]:
            yield f"product {pid} {cycle}: expected quantity {wanted[pid, cycle]}, found {made[pid, cycle]}"


def _item_problems(org: Org, sample: PlacedSample, order: Order) -> Iterator[str]:
    """Yield what is wrong with the service ids written on the items: every service belongs to exactly one."""
    services = {str(service.id): service for service in order.services}
    named: Counter[str] = Counter()
    for line in sample.lines:
        written = text_of(org.get("OrderItem", line.item_id), "WHMCS_Service_ID__c")
        ids = _NUMBER.findall(written)
        named.update(ids)
        yield from _pairing_problems(line, written, [services[each] for each in ids if each in services])
    for each in sorted(services.keys() | named.keys()):
        if named[each] != (1 if each in services else 0):
            yield f"service {each} is written on {named[each]} items" + (
                "" if each in services else ", it is not its own"
            )


def _pairing_problems(line: ExpectedLine, written: str, services: list[Service]) -> Iterator[str]:
    if any((service.product.pid, service.cycle) != (line.pid, line.cycle) for service in services):
        yield f"item {line.item_id} names services {written} of another product or cycle"
    elif sum(service.qty for service in services) != line.quantity:
        yield f"item {line.item_id} names services {written!r}, expected a quantity of {line.quantity}"
    for service in services:
        asked = {key: str(value) for key, value in service.asked_options.items()}
        if asked != dict(line.options):
            yield f"service {service.id} was ordered with options {asked}, expected {dict(line.options)}"


def _payment_problems(shop: Shop, sample: PlacedSample, order: Order) -> Iterator[str]:
    if order.gateway != sample.gateway:
        yield f"WHMCS order {order.id} is paid by {order.gateway}, expected {sample.gateway}"
    if order.amount and order.invoice_id not in shop.invoices:
        yield f"WHMCS order {order.id} costs {order.amount} and has no invoice"


def _message_problems(org: Org, shop: Shop, record: Mapping[str, object], message: str) -> Iterator[str]:
    if len(message) > _MESSAGE_LIMIT:
        yield f"the message has {len(message)} characters"
    if found := _PROGRAM_TALK.search(message):
        yield f"the message talks like a program ({found[0]!r}): {message}"
    for secret in (shop.secret, shop.identifier, shop.access_key):
        if secret and secret in message:
            yield f"the message holds a secret: {message}"
    own = _CUSTOMER_TAG.findall(text_of(org.get("Account", text_of(record, "AccountId")), "Name"))
    if others := set(_CUSTOMER_TAG.findall(message)) - set(own):
        yield f"the message names another customer ({', '.join(sorted(others))}): {message}"
