"""The box as a whole: started, reached, controlled from another process, stopped."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.faults import Fault
from sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTRACT = {
    "SF_LOGIN_URL",
    "SF_CLIENT_ID",
    "SF_USERNAME",
    "SF_PRIVATE_KEY",
    "SF_PUBSUB_ENDPOINT",
    "SF_PUBSUB_TLS",
    "WHMCS_API_URL",
    "WHMCS_API_IDENTIFIER",
    "WHMCS_API_SECRET",
    "WHMCS_PAYMENT_METHOD",
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """Run one box for all tests of this file."""
    with Sandbox(seed=3) as running:
        yield running


@pytest.fixture
def control(box: Sandbox) -> Iterator[httpx.Client]:
    """Speak to the control API as another process does."""
    with httpx.Client(base_url=box.url, timeout=10) as client:
        yield client


def test_the_environment_has_all_that_a_service_needs(box: Sandbox) -> None:
    assert set(box.env) == _CONTRACT
    assert "\n" not in box.env["SF_PRIVATE_KEY"]
    assert box.env["WHMCS_PAYMENT_METHOD"] in box.shop.gateways


def test_whmcs_answers_at_the_address_of_the_environment(box: Sandbox) -> None:
    form = {
        "action": "WhmcsDetails",
        "responsetype": "json",
        "identifier": box.env["WHMCS_API_IDENTIFIER"],
        "secret": box.env["WHMCS_API_SECRET"],
    }
    assert httpx.post(box.env["WHMCS_API_URL"], data=form).json()["result"] == "success"


def test_the_box_is_reachable_on_loopback_only(box: Sandbox) -> None:
    assert box.url.startswith("http://127.0.0.1:")
    assert box.pubsub_endpoint.startswith("127.0.0.1:")


def test_work_from_another_thread_is_done_where_the_state_lives(box: Sandbox) -> None:
    with pytest.raises(KeyError):
        box.call(lambda: dict[str, int]()["nothing"])
    assert box.call(lambda: 5) == 5


def test_an_access_key_is_part_of_the_environment(box: Sandbox) -> None:
    box.shop.access_key = "k3y"
    assert box.env["WHMCS_ACCESS_KEY"] == "k3y"
    box.shop.access_key = ""


def test_another_process_makes_and_publishes_orders(box: Sandbox, control: httpx.Client) -> None:
    made = control.post("/sandbox/orders", json={"count": 2, "kinds": ["plain_monthly"]}).json()["orders"]
    assert [order["status"] for order in made] == ["Not Started", "Not Started"]
    ids = [order["order_id"] for order in made]
    assert control.post("/sandbox/publish", json={"order_ids": ids, "duplicates": 1}).json() == {"published": 2}
    listed = {order["order_id"]: order["status"] for order in control.get("/sandbox/orders").json()["orders"]}
    assert {listed[order_id] for order_id in ids} == {"Requested"}
    report = control.get("/sandbox/audit").json()
    assert (report["ok"], report["lost"], report["orders"]) == (False, 2, 2)


def test_another_process_makes_orders_and_publishes_them_at_once(box: Sandbox, control: httpx.Client) -> None:
    answer = control.post("/sandbox/publish", json={"count": 2, "kinds": ["plain_monthly"]}).json()
    assert answer["published"] == len(answer["order_ids"]) == 2
    assert {str((box.org.get("Order", each) or {})["Activation_Status__c"]) for each in answer["order_ids"]} == {
        "Requested"
    }


def test_another_process_sets_faults_and_reads_what_they_did(box: Sandbox, control: httpx.Client) -> None:
    fault = {"endpoint": "whmcs.*", "kind": "http_503", "times": 1}
    assert control.post("/sandbox/faults", json=fault).json()["faults"][0]["kind"] == "http_503"
    assert box.faults.active() == [Fault("whmcs.*", "http_503", times=1)]
    assert httpx.post(box.env["WHMCS_API_URL"], data={"action": "GetOrders"}).status_code == 503
    assert control.get("/sandbox/faults").json() == {"faults": [], "played": {"whmcs.GetOrders http_503": 1}}
    control.post("/sandbox/faults", json=[fault, fault | {"kind": "http_500"}])
    assert len(box.faults.active()) == 2
    assert control.delete("/sandbox/faults").json()["faults"] == []


def test_calls_are_counted_for_other_processes(box: Sandbox, control: httpx.Client) -> None:
    control.delete("/sandbox/calls")
    httpx.post(box.env["WHMCS_API_URL"], data={"action": "GetOrders"})
    assert control.get("/sandbox/calls").json() == {"whmcs.GetOrders": 1}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sandbox/orders", {"count": 1, "kinds": ["nonsense"]}),
        ("/sandbox/orders", {"count": "many"}),
        ("/sandbox/publish", {}),
        ("/sandbox/faults", {"endpoint": "x", "kind": "y", "colour": "red"}),
    ],
)
def test_a_wrong_request_says_what_is_wrong(control: httpx.Client, path: str, body: dict[str, object]) -> None:
    response = control.post(path, json=body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_health_and_kinds_are_told(control: httpx.Client) -> None:
    assert control.get("/sandbox/health").json() == {"status": "up"}
    assert control.get("/sandbox/kinds").json()["plain_monthly"] == "One service, every month."


def test_a_stopped_box_answers_nobody_and_can_be_stopped_again() -> None:
    box = Sandbox()
    box.start()
    box.stop()
    box.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{box.url}/sandbox/health")


def test_a_box_that_was_away_comes_back_at_the_same_address_with_its_state() -> None:
    box = Sandbox()
    box.start()
    before = box.url, box.pubsub_endpoint
    box.stop()
    box.make_orders(1, kinds=["plain_monthly"])
    with box:
        assert (box.url, box.pubsub_endpoint) == before
        assert len(httpx.get(f"{box.url}/sandbox/orders").json()["orders"]) == 1


def test_a_port_that_is_taken_is_said_at_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        box = Sandbox(http_port=taken.getsockname()[1])
        with pytest.raises(OSError, match="address already in use"):
            box.start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_in_the_foreground_until_it_is_told_to_end(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox", "--seed", "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path.cwd()) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert httpx.get(f"{told['url']}/sandbox/env").json() == told["env"]
        process.send_signal(number)
        assert process.wait(10) == 0
