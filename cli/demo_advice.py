"""What to look at while the demo's processes run, and what to try next: every line works as it is printed."""

from collections.abc import Mapping

_ORDERS = "curl -s -X POST {url}/sandbox/publish -d '{{\"count\": 10}}'"
_FAULT = "curl -s -X POST {url}/sandbox/faults -d '{fault}'"
_LOST_ANSWERS = '{"endpoint": "whmcs.AddOrder", "kind": "drop_after_effect", "rate": 0.5, "times": 5}'
_SLOW = '{"endpoint": "whmcs.AddOrder", "kind": "slow_after_effect", "value": 10000, "times": 10}'
_OUTAGE = '{"endpoint": "whmcs.*", "kind": "http_503"}'


def advice(*, url: str, command: str, logs: str, order_id: str, pids: Mapping[str, int]) -> str:
    """Return the advice as text."""
    look = [
        ("an order's story", f"{command} status {order_id}"),
        ("all orders", f"curl -s {url}/sandbox/orders"),
        ("the audit", f"curl -s {url}/sandbox/audit"),
        ("the logs", f"tail -n 3 {logs}/*.log"),
    ]
    orders = _ORDERS.format(url=url)
    tries = [
        ("ask again for an order that is done: nothing is doubled", [f"{command} publish {order_id}"]),
        ("ten more orders", [orders]),
        (
            "WHMCS takes orders and hangs up before it answers: they are found, not placed again",
            [_FAULT.format(url=url, fault=_LOST_ANSWERS), orders],
        ),
        (
            "WHMCS is down: the orders wait, and go on when it is back",
            [_FAULT.format(url=url, fault=_OUTAGE), orders, f"curl -s -X DELETE {url}/sandbox/faults"],
        ),
        (
            "WHMCS is slow, and a worker is killed in the middle of it: its orders go on within half a minute",
            [_FAULT.format(url=url, fault=_SLOW), orders, f"kill -9 {pids.get('addorder', 0)}"],
        ),
        ("when this has ended: 200 orders, with an exit code", ["make run ORDERS=200 EXIT=1"]),
    ]
    lines = ["Everything goes on running until Ctrl-C. Look at"]
    lines += [f"  {name:<18}{line}" for name, line in look]
    lines += ["Try, in another terminal; what comes of it is told here"]
    for name, commands in tries:
        lines += [f"  {name}", *(f"    {each}" for each in commands)]
    return "\n".join(lines)
