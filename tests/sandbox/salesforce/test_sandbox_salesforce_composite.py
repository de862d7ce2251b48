"""Several calls in one: references, all or none, graphs."""

# ruff: noqa: S608 - these queries are made of ids that the tests themselves have made

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.salesforce.conftest import Box

_BASE = "/services/data/v67.0"


def part(reference: str, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
    return {"referenceId": reference, "method": method, "url": f"{_BASE}/{path}", "body": body} | more


def send(box: Box, *parts: dict[str, Any], **more: Any) -> httpx.Response:
    return box.ask("POST", "composite", json={"compositeRequest": list(parts)} | more)


def results(response: httpx.Response) -> dict[str, dict[str, Any]]:
    assert response.status_code == 200, response.text
    return {each["referenceId"]: each for each in response.json()["compositeResponse"]}


def test_later_parts_use_what_earlier_ones_answered_and_all_count_as_one_call(box: Box) -> None:
    order_id = box.make_order()
    soql = quote(f"SELECT Id, AccountId FROM Order WHERE Id = '{order_id}'")
    response = send(
        box,
        part("found", "GET", f"query?q={soql}"),
        part("named", "PATCH", "sobjects/Account/@{found.records[0].AccountId}", {"Name": "New"}),
        part("made", "POST", "sobjects/Account", {"Name": "Child", "ParentId": "@{found.records[0].AccountId}"}),
        part("read", "GET", "sobjects/Account/@{made.id}"),
    )
    found = results(response)
    assert [each["httpStatusCode"] for each in found.values()] == [200, 204, 201, 200]
    assert found["read"]["body"]["Name"] == "Child"
    assert found["named"]["body"] is None
    assert box.records(f"SELECT Account.Name FROM Order WHERE Id = '{order_id}'")[0]["Account"]["Name"] == "New"
    assert response.headers["Sforce-Limit-Info"] == "api-usage=1/100000"


def test_without_all_or_none_the_others_go_on(box: Box) -> None:
    order_id = box.make_order()
    found = results(
        send(
            box,
            part("bad", "PATCH", f"sobjects/Order/{order_id}", {"Nope": 1}),
            part("good", "PATCH", f"sobjects/Order/{order_id}", {"PoNumber": "1"}),
            part("lost", "GET", "sobjects/Order/@{bad.id}"),
            part("nowhere", "GET", "nowhere"),
        )
    )
    assert [each["httpStatusCode"] for each in found.values()] == [400, 204, 400, 404]
    assert found["bad"]["body"][0]["errorCode"] == "INVALID_FIELD"
    assert found["lost"]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert (box.org.get("Order", order_id) or {})["PoNumber"] == "1"


def test_all_or_none_halts_and_rolls_back(box: Box) -> None:
    order_id = box.make_order(PoNumber="before")
    found = results(
        send(
            box,
            part("first", "PATCH", f"sobjects/Order/{order_id}", {"PoNumber": "after"}),
            part("bad", "PATCH", f"sobjects/Order/{order_id}", {"Nope": 1}),
            part("last", "PATCH", f"sobjects/Order/{order_id}", {"PoNumber": "later"}),
            allOrNone=True,
        )
    )
    codes = {name: (each["httpStatusCode"], each["body"][0]["errorCode"]) for name, each in found.items()}
    assert codes == {
        "first": (400, "PROCESSING_HALTED"),
        "bad": (400, "INVALID_FIELD"),
        "last": (400, "PROCESSING_HALTED"),
    }
    assert (box.org.get("Order", order_id) or {})["PoNumber"] == "before"


def test_a_condition_stands_in_the_headers_of_a_part(box: Box) -> None:
    order_id = box.make_order()
    header = {"If-Unmodified-Since": "Tue, 10 Aug 2010 00:00:00 GMT"}
    found = results(send(box, part("a", "PATCH", f"sobjects/Order/{order_id}", {"PoNumber": "1"}, httpHeaders=header)))
    assert found["a"]["httpStatusCode"] == 412
    denied = {"Authorization": "Bearer x"}
    found = results(send(box, part("a", "GET", "limits", httpHeaders=denied)))
    assert found["a"]["body"][0]["errorCode"] == "INVALID_INPUT"


def test_bounds_of_a_call_are_kept(box: Box) -> None:
    many = [part(f"r{number}", "GET", "limits") for number in range(26)]
    assert send(box, *many).status_code == 400
    assert send(box, *many[:25]).status_code == 200
    queries = [part(f"q{number}", "GET", "query?q=SELECT+Id+FROM+Order") for number in range(6)]
    assert send(box, *queries).status_code == 400
    assert send(box, *queries[:5]).status_code == 200
    assert send(box, part("same", "GET", "limits"), part("same", "GET", "limits")).status_code == 400
    assert send(box).status_code == 400


def test_a_collection_can_be_a_part(box: Box) -> None:
    order_id = box.make_order()
    rows = {"records": [{"attributes": {"type": "Order"}, "id": order_id, "PoNumber": "1"}]}
    found = results(send(box, part("rows", "PATCH", "composite/sobjects", rows)))
    assert found["rows"]["body"][0]["success"] is True


def test_each_graph_is_all_or_none_by_itself(box: Box) -> None:
    first, second = box.make_order(), box.make_order()
    good = [part("a", "PATCH", f"sobjects/Order/{first}", {"PoNumber": "1"})]
    bad = [
        part("a", "PATCH", f"sobjects/Order/{second}", {"PoNumber": "1"}),
        part("b", "PATCH", f"sobjects/Order/{second}", {"Nope": 1}),
    ]
    graphs = [{"graphId": "1", "compositeRequest": good}, {"graphId": "2", "compositeRequest": bad}]
    body = box.ask("POST", "composite/graph", json={"graphs": graphs}).json()
    assert [(graph["graphId"], graph["isSuccessful"]) for graph in body["graphs"]] == [("1", True), ("2", False)]
    assert len(body["graphs"][1]["graphResponse"]["compositeResponse"]) == 2
    assert [(box.org.get("Order", each) or {})["PoNumber"] for each in (first, second)] == ["1", None]
    assert box.ask("POST", "composite/graph", json={"graphs": []}).status_code == 400


def test_a_locked_row_stops_the_writes_of_a_call(box: Box) -> None:
    order_id = box.make_order()
    box.fault("salesforce.composite", "lock_row", times=1)
    found = results(
        send(box, part("read", "GET", "limits"), part("a", "PATCH", f"sobjects/Order/{order_id}", {"PoNumber": "1"}))
    )
    assert found["read"]["httpStatusCode"] == 200
    assert found["a"]["body"][0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
