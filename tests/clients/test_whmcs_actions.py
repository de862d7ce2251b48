"""Each action asks as the fact sheet says and reads what WHMCS answers."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl

import pytest

from clients.errors import ErrorCode, NeedsHuman, Permanent, Retryable
from clients.whmcs.client import Whmcs
from clients.whmcs.encoding import serialize
from clients.whmcs.marker import Marker
from clients.whmcs.values import (
    Accepted,
    AcceptResult,
    AddedOrder,
    ClientDetails,
    NewOrder,
    NewOrderLine,
    PayMethod,
    Service,
    WhmcsOrder,
)

ORDER_ID = "8014x000000ABCDXYZ"
MARK = f"sfOrderId={ORDER_ID}"
Form = dict[str, str]


@dataclass
class Shop:
    """A WHMCS of canned answers per action, which keeps what it was asked."""

    url: str = ""
    answers: dict[str, Callable[[Form], object]] = field(default_factory=dict)
    asked: list[Form] = field(default_factory=list)
    cookies: list[str | None] = field(default_factory=list)

    def says(self, action: str, **answer: object) -> None:
        self.answers[action] = lambda _: {"result": "success", **answer}

    def refuses(self, action: str, message: str) -> None:
        self.answers[action] = lambda _: {"result": "error", "message": message}

    def answer(self, form: Form) -> bytes:
        self.asked.append(form)
        return json.dumps(self.answers[form["action"]](form)).encode()

    def params(self) -> Form:
        fixed = {"action", "responsetype", "identifier", "secret"}
        return {name: value for name, value in self.asked[-1].items() if name not in fixed}


@pytest.fixture
def shop() -> Iterator[Shop]:
    playing = Shop()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment per answer, or every call waits 40 ms for a delayed acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            playing.cookies.append(self.headers["Cookie"])
            pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
            assert len(dict(pairs)) == len(pairs), "PHP would keep only the last of a repeated name"
            answer = playing.answer(dict(pairs))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Set-Cookie", "WHMCSsession=abc; path=/")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Keep the test's output free of the server's."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        playing.url = f"http://127.0.0.1:{server.server_port}/includes/api.php"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield playing
        server.shutdown()
        thread.join()


class MovingClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def today(self) -> date:
        return self.at.date()


@pytest.fixture
def whmcs(shop: Shop) -> Iterator[Whmcs]:
    with Whmcs(api_url=shop.url, identifier="who", secret="why", marker=Marker.parse("notes")) as client:
        yield client


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def field_whmcs(shop: Shop, clock: MovingClock) -> Iterator[Whmcs]:
    marker = Marker.parse("customfield:SF Order")
    with Whmcs(api_url=shop.url, identifier="who", secret="why", marker=marker, clock=clock) as client:
        yield client


def test_every_request_names_the_action_the_format_and_the_caller(shop: Shop, whmcs: Whmcs) -> None:
    shop.says("WhmcsDetails", whmcs={"version": "8.13.1", "canonicalversion": "8.13.1-release.1"})
    assert whmcs.version() == "8.13.1"
    assert shop.asked == [{"action": "WhmcsDetails", "responsetype": "json", "identifier": "who", "secret": "why"}]


def test_the_access_key_is_sent_when_there_is_one(shop: Shop) -> None:
    shop.says("WhmcsDetails", whmcs={"version": "9.0.0"})
    marker = Marker()
    with Whmcs(api_url=shop.url, identifier="who", secret="why", access_key="k[1]", marker=marker) as whmcs:
        whmcs.version()
    assert shop.asked[0]["accesskey"] == "k[1]"


def test_no_cookie_is_ever_sent_back(shop: Shop, whmcs: Whmcs) -> None:
    """A shared PHP session would make all calls wait for each other."""
    shop.says("GetPaymentMethods", paymentmethods="")
    whmcs.payment_gateways()
    whmcs.payment_gateways(fresh=True)
    assert shop.cookies == [None, None]


def test_the_gateways_are_asked_for_once_in_a_while_and_anew_on_demand(shop: Shop, whmcs: Whmcs) -> None:
    shop.says("GetPaymentMethods", paymentmethods="")
    for _ in range(5):
        whmcs.payment_gateways()
    assert len(shop.cookies) == 1
    whmcs.payment_gateways(fresh=True)
    assert len(shop.cookies) == 2


def test_a_client_is_read_without_names(shop: Shop, whmcs: Whmcs) -> None:
    client = {
        "id": 7,
        "client_id": "7",
        "firstname": "Jane",
        "status": "Active",
        "defaultgateway": "stripe",
        "currency_code": "EUR",
    }
    shop.says("GetClientsDetails", client=client)
    details = whmcs.client_details(7)
    assert details == ClientDetails(7, "Active", "stripe", "EUR")
    assert "Jane" not in repr(details)
    assert shop.params() == {"clientid": "7"}


def test_pay_methods_are_asked_without_a_type_and_read_with_gaps(shop: Shop, whmcs: Whmcs) -> None:
    card = {
        "id": "3",
        "type": "RemoteCreditCard",
        "gateway_name": "stripe",
        "expiry_date": "12/29",
        "remote_token": "t",
    }
    bank = {"id": 4, "type": "BankAccount", "gateway_name": None}
    shop.says("GetPayMethods", paymethods={"1": card, "5": bank})
    assert whmcs.pay_methods(7) == [
        PayMethod(3, "RemoteCreditCard", "stripe", "12/29"),
        PayMethod(4, "BankAccount", "", ""),
    ]
    assert shop.params() == {"clientid": "7"}


def test_gateways_are_their_module_names(shop: Shop, whmcs: Whmcs) -> None:
    gateways = [{"module": "stripe", "displayname": "Card"}, {"module": "mailin", "displayname": "Transfer"}]
    shop.says("GetPaymentMethods", paymentmethods={"paymentmethod": gateways})
    assert whmcs.payment_gateways() == ["stripe", "mailin"]


def test_products_are_asked_by_one_comma_list_or_not_at_all(shop: Shop, whmcs: Whmcs) -> None:
    shop.says("GetProducts", products="")
    assert whmcs.products([3, 5]) == []
    assert shop.params() == {"pid": "3,5"}
    whmcs.products()
    assert shop.params() == {}


def order_row(order_id: int, *, notes: str = "", status: str = "Pending") -> dict[str, object]:
    return {"id": str(order_id), "userid": "7", "status": status, "notes": notes, "amount": "9.90", "invoiceid": "0"}


def paged(rows: list[dict[str, object]], plural: str, singular: str) -> Callable[[Form], object]:
    def answer(form: Form) -> object:
        start = int(form["limitstart"])
        page = rows[start : start + int(form["limitnum"])]
        counts = {"totalresults": str(len(rows)), "startnumber": start, "numreturned": len(page)}
        return {"result": "success", **counts, plural: {singular: page} if page else ""}

    return answer


def test_all_orders_of_a_client_are_read_over_all_pages(shop: Shop, whmcs: Whmcs) -> None:
    shop.answers["GetOrders"] = paged([order_row(number) for number in range(1, 342)], "orders", "order")
    assert [order.id for order in whmcs.orders_of_client(7)] == list(range(1, 342))
    assert [(form["userid"], form["limitstart"]) for form in shop.asked] == [
        ("7", start) for start in ("0", "100", "200", "300")
    ]


def test_an_order_is_read_by_its_id(shop: Shop, whmcs: Whmcs) -> None:
    row = order_row(76, notes="hello") | {"ordernum": 3870015473, "date": "2026-11-24 10:00:00", "invoiceid": "70"}
    shop.says("GetOrders", totalresults="1", orders={"order": [row]})
    assert whmcs.order(76) == WhmcsOrder(
        id=76,
        client_id=7,
        status="Pending",
        notes="hello",
        number="3870015473",
        placed_at="2026-11-24 10:00:00",
        amount=Decimal("9.90"),
        invoice_id=70,
    )
    assert shop.params() == {"id": "76"}


def test_an_order_that_is_not_there_is_none_in_either_way_of_saying_so(shop: Shop, whmcs: Whmcs) -> None:
    shop.says("GetOrders", totalresults="0", orders="")
    assert whmcs.order(76) is None
    shop.refuses("GetOrders", "Order ID Not Found")
    assert whmcs.order(76) is None
    shop.says("GetOrders", totalresults="1", orders={"order": [order_row(75)]})
    assert whmcs.order(76) is None


def test_another_error_of_the_look_up_is_no_missing_order(shop: Shop, whmcs: Whmcs) -> None:
    shop.refuses("GetOrders", "Database is away")
    with pytest.raises(Permanent) as caught:
        whmcs.order(76)
    assert caught.value.code is ErrorCode.WHMCS_REJECTED


def service_row(service_id: int, order_id: int, **more: object) -> dict[str, object]:
    return {
        "id": service_id,
        "orderid": str(order_id),
        "pid": "12",
        "qty": "2",
        "status": "Active",
        "billingcycle": "Semi-Annually",
        "password": "hunter2",
        **more,
    }


def marked(value: str) -> dict[str, object]:
    return {"customfield": [{"id": 15, "name": "SF Order|Reference", "value": value}]}


def test_services_are_filtered_by_order_here_as_whmcs_has_no_filter(shop: Shop, whmcs: Whmcs) -> None:
    rows = [service_row(number, order_id=76 + number % 2) for number in range(1, 131)]
    shop.answers["GetClientsProducts"] = paged(rows, "products", "product")
    assert len(whmcs.services_of_client(7)) == 130
    services = whmcs.services_of_client(7, order_id=76)
    assert [service.id for service in services] == list(range(2, 131, 2))
    assert services[0] == Service(2, 76, 12, 2, "Active", "Semi-Annually")
    assert "hunter2" not in repr(services)


def test_orders_are_found_by_the_marker_in_their_notes_whatever_their_status(shop: Shop, whmcs: Whmcs) -> None:
    rows = [order_row(number) for number in range(1, 250)]
    rows += [order_row(250, notes=f"{MARK}\n", status="Cancelled"), order_row(251, notes=MARK + "A")]
    rows += [order_row(252, notes=f"&lt;{MARK}&gt;")]
    shop.answers["GetOrders"] = paged(rows, "orders", "order")
    assert [order.id for order in whmcs.find_order_by_marker(7, ORDER_ID)] == [250, 252]
    assert {form["action"] for form in shop.asked} == {"GetOrders"}


def test_orders_are_found_by_the_marker_in_the_custom_field_of_a_service(shop: Shop, field_whmcs: Whmcs) -> None:
    shop.answers["GetOrders"] = paged([order_row(1), order_row(2, notes=MARK), order_row(3)], "orders", "order")
    services = [
        service_row(11, 1, customfields=marked(MARK)),
        service_row(12, 1, customfields=marked("")),
        service_row(13, 3, customfields=marked("sfOrderId=8014x000000ABCDXYA")),
        service_row(14, 0, customfields=marked(MARK)),
    ]
    shop.answers["GetClientsProducts"] = paged(services, "products", "product")
    found = field_whmcs.find_order_by_marker(7, ORDER_ID)
    assert [(order.id, order.marker_values) for order in found] == [(1, (MARK,)), (2, ())]


def test_an_order_known_only_from_its_marked_service_is_fetched(shop: Shop, field_whmcs: Whmcs) -> None:
    """Orders are listed before services: one that came in between is in the second list alone."""

    def orders(form: Form) -> object:
        if "id" not in form:
            return paged([order_row(1)], "orders", "order")(form)
        rows = [order_row(2)] if form["id"] == "2" else []
        return {"result": "success", "totalresults": len(rows), "orders": {"order": rows}}

    shop.answers["GetOrders"] = orders
    services = [service_row(12, 2, customfields=marked(MARK)), service_row(13, 3, customfields=marked(MARK))]
    shop.answers["GetClientsProducts"] = paged(services, "products", "product")
    assert [order.id for order in field_whmcs.find_order_by_marker(7, ORDER_ID)] == [2]


def test_one_order_shows_the_marker_of_its_services(shop: Shop, field_whmcs: Whmcs) -> None:
    shop.says("GetOrders", totalresults=1, orders={"order": [order_row(76)]})
    services = [service_row(11, 76, customfields=marked(MARK)), service_row(12, 77, customfields=marked("x"))]
    shop.answers["GetClientsProducts"] = paged(services, "products", "product")
    order = field_whmcs.order(76)
    assert order is not None
    assert field_whmcs.marker.carried_by(order, ORDER_ID)
    assert order.marker_values == (MARK,)


def test_a_list_that_keeps_changing_is_no_proof_of_absence(shop: Shop, whmcs: Whmcs) -> None:
    rows = [order_row(number) for number in range(250)]

    def answer(form: Form) -> object:
        rows.insert(0, order_row(len(rows) + 1000))
        return paged(rows, "orders", "order")(form)

    rows[0] = order_row(999)
    shop.answers["GetOrders"] = answer
    with pytest.raises(Retryable) as caught:
        whmcs.find_order_by_marker(7, ORDER_ID)
    assert caught.value.code is ErrorCode.WHMCS_UNAVAILABLE


LINES = (
    NewOrderLine(pid=12, billing_cycle="monthly", quantity=3, config_options={4: 12, 9: "1"}),
    NewOrderLine(pid=13, billing_cycle="onetime", custom_fields={8: "東京"}, price_override=Decimal("9.90")),
    NewOrderLine(pid=14, billing_cycle="annually", domain="example.org"),
)
ORDER = NewOrder(client_id=7, payment_method="stripe", lines=LINES, order_id18=ORDER_ID)


def in_base64(value: dict[int | str, int | str]) -> str:
    return base64.b64encode(serialize(value)).decode()


def test_an_order_is_sent_with_aligned_lines_and_its_marker_in_the_notes(shop: Shop, whmcs: Whmcs) -> None:
    shop.says("AddOrder", orderid="76", productids="66,67,68", serviceids="66,67,68", addonids="", invoiceid="70")
    assert whmcs.add_order(ORDER) == AddedOrder(76, (66, 67, 68), 70)
    assert shop.params() == {
        "clientid": "7",
        "paymentmethod": "stripe",
        "notes": MARK,
        "pid[0]": "12",
        "pid[1]": "13",
        "pid[2]": "14",
        "qty[0]": "3",
        "qty[1]": "1",
        "qty[2]": "1",
        "billingcycle[0]": "monthly",
        "billingcycle[1]": "onetime",
        "billingcycle[2]": "annually",
        "domain[0]": "",
        "domain[1]": "",
        "domain[2]": "example.org",
        "configoptions[0]": in_base64({4: 12, 9: "1"}),
        "configoptions[1]": "",
        "configoptions[2]": "",
        "customfields[0]": "",
        "customfields[1]": in_base64({8: "東京"}),
        "customfields[2]": "",
        "priceoverride[0]": "",
        "priceoverride[1]": "9.90",
        "priceoverride[2]": "",
    }


def test_switches_are_sent_as_one_and_arrays_without_a_value_not_at_all(shop: Shop, whmcs: Whmcs) -> None:
    shop.says("AddOrder", orderid=76, serviceids="", invoiceid=0)
    plain = replace(ORDER, lines=(NewOrderLine(pid=12, billing_cycle="free"),), no_email=True, no_invoice=True)
    assert whmcs.add_order(plain) == AddedOrder(76, (), None)
    assert shop.params() == {
        "clientid": "7",
        "paymentmethod": "stripe",
        "notes": MARK,
        "noemail": "1",
        "noinvoice": "1",
        "pid[0]": "12",
        "qty[0]": "1",
        "billingcycle[0]": "free",
    }


def test_an_order_of_more_fields_than_php_reads_is_refused_before_it_is_sent(shop: Shop, whmcs: Whmcs) -> None:
    with pytest.raises(Permanent, match="split it"):
        whmcs.add_order(replace(ORDER, lines=LINES * 50))
    assert shop.asked == []


def test_a_short_order_id_is_refused_before_anything_is_sent(shop: Shop, whmcs: Whmcs) -> None:
    with pytest.raises(ValueError, match="18-character"):
        whmcs.add_order(replace(ORDER, order_id18=ORDER_ID[:15]))
    assert shop.asked == []


def product_row(pid: int, **fields: int) -> dict[str, object]:
    custom = [{"id": number, "name": name.replace("_", " ")} for name, number in fields.items()]
    return {"pid": pid, "paytype": "recurring", "customfields": {"customfield": custom}}


def test_the_marker_goes_into_each_products_own_custom_field(
    shop: Shop, field_whmcs: Whmcs, clock: MovingClock
) -> None:
    rows = [product_row(12, SF_Order=15, Other=16), product_row(13, SF_Order=25), product_row(14, SF_Order=35)]
    shop.says("GetProducts", products={"product": rows})
    shop.says("AddOrder", orderid="76", serviceids="66")
    field_whmcs.add_order(ORDER)
    assert "notes" not in shop.params()
    assert [shop.params()[f"customfields[{line}]"] for line in range(3)] == [
        in_base64({15: MARK}),
        in_base64({8: "東京", 25: MARK}),
        in_base64({35: MARK}),
    ]
    field_whmcs.add_order(ORDER)
    assert [form["action"] for form in shop.asked] == ["GetProducts", "AddOrder", "AddOrder"]
    clock.at += timedelta(minutes=15)
    field_whmcs.add_order(ORDER)
    assert [form["action"] for form in shop.asked][3:] == ["GetProducts", "AddOrder"]


def test_a_product_without_the_markers_field_stops_the_order_before_it_is_sent(shop: Shop, field_whmcs: Whmcs) -> None:
    rows = [product_row(12, SF_Order=15), product_row(13, Sf_order=25), product_row(14)]
    shop.says("GetProducts", products={"product": rows})
    with pytest.raises(NeedsHuman, match=re.escape("product 13, 14 lacks the custom field 'SF Order'")) as caught:
        field_whmcs.add_order(ORDER)
    assert caught.value.code is ErrorCode.PRODUCT_NOT_MAPPED
    assert [form["action"] for form in shop.asked] == ["GetProducts"]


@pytest.mark.parametrize(("send_email", "sent"), [(True, "1"), (False, "0")])
def test_accepting_says_set_up_and_mail_outright(send_email: bool, sent: str, shop: Shop, whmcs: Whmcs) -> None:  # noqa: FBT001 - a row of the table
    shop.says("AcceptOrder")
    assert whmcs.accept_order(76, send_email=send_email) == Accepted(AcceptResult.ACCEPTED)
    assert shop.params() == {"orderid": "76", "autosetup": "1", "sendemail": sent}


def test_only_an_accepted_order_counts_as_accepted(shop: Shop, whmcs: Whmcs) -> None:
    shop.says("AcceptOrder")
    assert whmcs.accept_order(76).accepted
    shop.refuses("AcceptOrder", "order id NOT found or status not PENDING")
    assert whmcs.accept_order(76) == Accepted(AcceptResult.NOT_PENDING)
    shop.refuses("AcceptOrder", "cPanel at https://node7.example.net:2087 said: disk full")
    answer = whmcs.accept_order(76)
    assert answer == Accepted(AcceptResult.MODULE_ERROR, "cPanel at […] said: disk full")
    assert not answer.accepted


def test_a_service_is_set_up_again_or_left_to_a_person(shop: Shop, whmcs: Whmcs) -> None:
    shop.says("ModuleCreate")
    whmcs.module_create(66)
    assert shop.params() == {"serviceid": "66"}
    shop.refuses("ModuleCreate", "Service not assigned to a module")
    with pytest.raises(NeedsHuman, match="Service not assigned to a module") as caught:
        whmcs.module_create(66)
    assert caught.value.code is ErrorCode.ACTIVATION_INCOMPLETE
