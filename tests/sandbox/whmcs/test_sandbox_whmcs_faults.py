"""Faults over the wire: what the caller sees, and above all whether the action ran."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.faults import Fault

if TYPE_CHECKING:
    from sandbox.whmcs.records import Client, Product
    from tests.sandbox.whmcs.conftest import Wire


@pytest.fixture(autouse=True)
def _on_offer(product: Product) -> None:
    """Have one product on offer."""


def _add(wire: Wire, client: Client) -> httpx.Response:
    return wire.post("AddOrder", [("pid[0]", "185")], clientid=client.id, paymentmethod="stripe")


@pytest.mark.parametrize("kind", ["drop_after_effect", "cut_body"])
def test_an_answer_is_lost_after_the_order_was_made(wire: Wire, client: Client, kind: str) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", kind, times=1))
    with pytest.raises(httpx.TransportError):
        _add(wire, client)
    assert len(wire.shop.orders) == 1
    assert _add(wire, client).json()["result"] == "success"
    assert len(wire.shop.orders) == 2


def test_a_reset_before_the_effect_leaves_nothing(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", "reset_before", times=1))
    with pytest.raises(httpx.TransportError):
        _add(wire, client)
    assert not wire.shop.orders
    assert wire.calls.counts() == {"whmcs.AddOrder": 1}


def test_a_slow_answer_runs_into_the_callers_time_limit_after_the_effect(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", "slow_after_effect", times=1, value=2000))
    wire.http.timeout = httpx.Timeout(0.1)
    with pytest.raises(httpx.ReadTimeout):
        _add(wire, client)
    assert len(wire.shop.orders) == 1


def test_latency_delays_and_changes_nothing(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.*", "latency", times=1, value=60))
    began = time.perf_counter()
    assert _add(wire, client).json()["result"] == "success"
    assert time.perf_counter() - began >= 0.06


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("http_500", 500, "text/html"),
        ("http_503", 503, "text/plain"),
        ("html_page", 200, "text/html"),
        ("bad_gateway", 502, "text/html"),
        ("throttle", 429, "text/plain"),
    ],
)
def test_a_server_in_front_answers_without_the_action(
    wire: Wire, client: Client, kind: str, status: int, content_type: str
) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", kind, times=1, value=7))
    response = _add(wire, client)
    assert (response.status_code, response.headers["Content-Type"].partition(";")[0]) == (status, content_type)
    assert response.headers.get("Retry-After") == ("7" if kind == "throttle" else None)
    assert not wire.shop.orders


def test_half_an_answer_is_no_json_although_the_order_was_made(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", "truncated_json", times=1))
    response = _add(wire, client)
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert len(wire.shop.orders) == 1


def test_a_notice_that_was_printed_makes_an_html_500_of_a_success(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", "notice_html_500", times=1))
    response = _add(wire, client)
    assert response.status_code == 500
    assert "output has been emitted previously" in response.text
    assert len(wire.shop.orders) == 1


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("ip_denied", 403, {"result": "error", "message": "Invalid IP 127.0.0.1"}),
        ("auth_failed", 403, {"result": "error", "message": "Authentication Failed"}),
        (
            "permission_denied",
            403,
            {"result": "error", "message": 'Invalid Permissions: API action "addorder" is not allowed'},
        ),
        ("status_error", 200, {"status": "error", "message": "The request could not be completed"}),
        ("api_function_not_found", 200, {"result": "error", "message": "API Function Not Found"}),
        ("warning_answer", 200, {"warning": "Invalid or Missing Payment Information - Please Reload and Try Again"}),
    ],
)
def test_whmcs_refuses_in_each_of_its_ways(
    wire: Wire, client: Client, kind: str, status: int, body: dict[str, str]
) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", kind, times=1))
    response = _add(wire, client)
    assert (response.status_code, response.json()) == (status, body)
    assert not wire.shop.orders


def test_a_warning_may_come_after_the_order_was_made(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", "warning_answer", times=1, value=1))
    assert "result" not in _add(wire, client).json()
    assert len(wire.shop.orders) == 1


def test_an_error_may_come_as_nvp_although_json_was_asked(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", "nvp_error", times=1))
    response = _add(wire, client)
    assert (response.status_code, response.text) == (403, "result=error;message=Invalid IP 127.0.0.1;")


def test_a_fault_strikes_only_where_and_as_often_as_it_was_asked(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", "auth_failed", times=2))
    assert wire.call("GetProducts")["result"] == "success"
    assert [_add(wire, client).status_code for _ in range(3)] == [403, 403, 200]
    assert wire.faults.played() == {"whmcs.AddOrder auth_failed": 2}


@pytest.mark.filterwarnings("default")
def test_a_fault_of_no_known_kind_does_not_pass_for_success(wire: Wire, client: Client) -> None:
    wire.faults.add(Fault("whmcs.AddOrder", "gremlins", times=1))
    assert _add(wire, client).status_code == 500
    assert not wire.shop.orders
