"""`provision sandbox`: a Salesforce and a WHMCS in a box, until Ctrl-C."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from cli.output import emit, say
from sandbox.server import Sandbox


def run_sandbox(*, http_port: int, grpc_port: int, seed: int, env_file: Path | None, as_json: bool) -> None:
    """Start the sandbox, tell how to reach it, and keep it up until SIGINT or SIGTERM."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with Sandbox(seed=seed, http_port=http_port, grpc_port=grpc_port) as box:
        if env_file is not None:
            env_file.write_text(as_env_file(box.env), encoding="utf-8")
        data = {"url": box.url, "pubsub_endpoint": box.pubsub_endpoint, "env": box.env}
        emit(data, as_json=as_json, render=_render)
        stopping.wait()


def as_env_file(env: dict[str, str]) -> str:
    """Return the settings as the text of a .env file."""
    return "".join(f'{name}="{value}"\n' for name, value in sorted(env.items()))


def _render(data: dict[str, Any]) -> None:
    say(f"The sandbox is up at {data['url']} (Pub/Sub at {data['pubsub_endpoint']}). Ctrl-C ends it.")
    say(f"Look inside: {data['url']}/sandbox/orders, /sandbox/calls, /sandbox/audit. Settings that reach it:")
    print(as_env_file(data["env"]), end="", flush=True)  # noqa: T201 - data goes to stdout
