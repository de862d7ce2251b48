"""`provision sandbox`: a Salesforce and a WHMCS in a box, until Ctrl-C."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from cli.env_file import as_env_file, ensure_replaceable, write_env_file
from cli.output import Exit, emit, fail, put, say
from sandbox.server import Sandbox


def run_sandbox(*, http_port: int, grpc_port: int, seed: int, env_file: Path | None, as_json: bool) -> None:
    """Start the sandbox, tell how to reach it, and keep it up until SIGINT or SIGTERM."""
    stopping = stop_on_signals()
    if env_file is not None:
        ensure_replaceable(env_file, as_json=as_json)
    box = _started(Sandbox(seed=seed, http_port=http_port, grpc_port=grpc_port), as_json=as_json)
    try:
        if env_file is not None:
            write_env_file(env_file, box.env, as_json=as_json)
        data = {"url": box.url, "pubsub_endpoint": box.pubsub_endpoint, "env": box.env}
        emit(data, as_json=as_json, render=_render)
        stopping.wait()
    finally:
        box.stop()
    say("The sandbox is closed; what it held is gone.")


def stop_on_signals() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set, however often they come."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping


def _started(box: Sandbox, *, as_json: bool) -> Sandbox:
    try:
        box.start()
    except (OSError, RuntimeError) as error:
        reason = str(error).partition(";")[0]
        text = f"The sandbox cannot open its ports ({reason}): give free ones by --http-port and --grpc-port."
        fail(text, code=Exit.FAILED, as_json=as_json)
    return box


def _render(data: dict[str, Any]) -> None:
    say(f"The sandbox is up at {data['url']} (Pub/Sub at {data['pubsub_endpoint']}). Ctrl-C ends it.")
    say(f"""Make orders:  curl -d '{{"count": 5}}' {data["url"]}/sandbox/orders   then: provision publish ORDER_ID""")
    say(f"Look inside:  {data['url']}/sandbox/orders, /sandbox/calls, /sandbox/audit")
    say("Settings that reach it (REDIS_URL is yours to add):")
    put(as_env_file(data["env"]).rstrip("\n"))
