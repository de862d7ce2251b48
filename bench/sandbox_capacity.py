# ruff: noqa: INP001 - scripts are no package
"""How many HTTP requests a second the sandbox carries on one core: it must not hide what it is meant to measure.

Runs alone: `python bench/sandbox_capacity.py [--seconds 5] [--connections 16]`. Starts `python -m sandbox` as a process
of its own, pinned to one core where the system allows it, and posts AddOrder from here on kept-alive connections.
Two figures: requests a second by the clock, and by the second of processor time that the sandbox used. The second one
is the capacity of one core, also on a machine that has other things to do.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

# The least that the sandbox has to carry.
REQUIRED = 800
_ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure, print both figures, and fail when the capacity is below what is required."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    with subprocess.Popen([sys.executable, "-m", "sandbox"], stdout=subprocess.PIPE, cwd=_ROOT) as server:
        try:
            capacity = _measure(server, seconds=arguments.seconds, connections=arguments.connections)
        finally:
            server.terminate()
    if capacity < REQUIRED:
        sys.exit(f"below the required {REQUIRED} requests a second")


def _measure(server: "subprocess.Popen[bytes]", *, seconds: float, connections: int) -> float:
    _pin(server.pid, core=0)
    env = json.loads(server.stdout.readline())["env"] if server.stdout else {}
    request = _request(env)
    asyncio.run(_load(env["WHMCS_API_URL"], request, seconds=0.5, connections=connections))
    spent_s, began = _cpu_s(server.pid), time.perf_counter()
    answered = asyncio.run(_load(env["WHMCS_API_URL"], request, seconds=seconds, connections=connections))
    took_s, spent_s = time.perf_counter() - began, _cpu_s(server.pid) - spent_s
    by_clock, by_core = answered / took_s, answered / spent_s
    sys.stdout.write(
        f"AddOrder on {connections} kept-alive connections, {answered} requests: {by_clock:.0f}/s by the clock, "
        f"{by_core:.0f} for each second of one core ({1e6 / by_core:.0f} us each)\n"
    )
    return by_core


def _request(env: dict[str, str]) -> bytes:
    """Return a whole AddOrder request for a client of the sandbox: two lines, options, a marker."""
    url = urlsplit(env["WHMCS_API_URL"])
    body = json.dumps({"count": 1, "kinds": ["plain_monthly"]}).encode()
    with urlopen(Request(f"http://{url.netloc}/sandbox/orders", body)) as answer:
        [order] = json.load(answer)["orders"]
    form = {
        "action": "AddOrder",
        "responsetype": "json",
        "identifier": env["WHMCS_API_IDENTIFIER"],
        "secret": env["WHMCS_API_SECRET"],
        "clientid": order["client_id"],
        "paymentmethod": env["WHMCS_PAYMENT_METHOD"],
        "notes": f"sfOrderId={order['order_id']}",
        "pid[0]": 310,
        "pid[1]": 242,
        "qty[0]": 1,
        "qty[1]": 1,
        "billingcycle[0]": "monthly",
        "billingcycle[1]": "onetime",
        "configoptions[0]": "YTozOntpOjQ7aToxMjtpOjc7aTo1O2k6OTtzOjE6IjEiO30=",
        "configoptions[1]": "",
    }
    encoded = urlencode(form).encode()
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(encoded)}\r\n\r\n"
    )
    return head.encode() + encoded


async def _load(url: str, request: bytes, *, seconds: float, connections: int) -> int:
    """Post the request again and again on every connection; return how many were answered with success."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 0
    until = time.perf_counter() + seconds
    counts = await asyncio.gather(*(_ask(host, port, request, until) for _ in range(connections)))
    return sum(counts)


async def _ask(host: str, port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    count = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
        if not answer.startswith(b'{"result":"success"'):
            raise RuntimeError(answer.decode())
        count += 1
    writer.close()
    await writer.wait_closed()
    return count


def _pin(pid: int, *, core: int) -> None:
    """Keep a process on one core, where the system knows how."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(pid, {core})


def _cpu_s(pid: int) -> float:
    """Return the processor time that a process has used so far. Source: proc(5), fields 14 and 15 of stat."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
