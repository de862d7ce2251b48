"""`python -m tests.chaos`: a long run on the command line; ends with a report, and with 0 when all is well."""

import argparse
import logging
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.plan import long_plan, short_plan
from tests.chaos.run import Chaos


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=900.0, help="within so many all orders have to have ended")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--short", action="store_true", help="the plan of the test, with its own figures")
    arguments = parser.parse_args()
    plan = short_plan(arguments.seed)
    if not arguments.short:
        plan = long_plan(arguments.seed, orders=arguments.orders, within_s=arguments.seconds)
    # A caller that was killed is no error of the sandbox.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    _say(f"seed {plan.seed}; logs in {folder}")
    outcome = Chaos(plan, folder, _say).run()
    _say(outcome.text())
    return 0 if outcome.ok else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
