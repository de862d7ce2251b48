"""`python -m sandbox`: the sandbox in the foreground, until SIGTERM or SIGINT."""

import argparse
import json
import signal
import sys
import threading

from sandbox.server import Sandbox


def main() -> None:
    """Run the sandbox; its address and environment are printed as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--grpc-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="the seed of all chance in it")
    arguments = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with Sandbox(seed=arguments.seed, http_port=arguments.http_port, grpc_port=arguments.grpc_port) as box:
        known = {"url": box.url, "pubsub_endpoint": box.pubsub_endpoint, "env": box.env}
        sys.stdout.write(json.dumps(known) + "\n")
        sys.stdout.flush()
        stopping.wait()


if __name__ == "__main__":
    main()
