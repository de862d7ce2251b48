"""Search wider bounds than every test run has time for: `python -m tests.model`."""

import sys

from tests.model.explore import stuck
from tests.model.safeguards import Safeguards
from tests.model.scenarios import BOUNDS, THREE_WORKERS, WIDER_BOUNDS, beginning, is_final, search


def main() -> int:
    """Print what each search came to; returns 1 when something is wrong."""
    is_wrong = False
    searches = [(name, beginning(left)) for name, left in [*BOUNDS.items(), *WIDER_BOUNDS.items()]]
    searches += [(f"three workers, {name}", beginning(left, workers=3)) for name, left in THREE_WORKERS.items()]
    for name, start in searches:
        found, graph = search(Safeguards(), start)
        dead_end = stuck(graph, is_final) if found.last is None else found.last
        is_wrong |= dead_end is not None
        sys.stdout.write(f"{name}: {found}{'' if dead_end is None else f', ends nowhere: {dead_end}'}\n")
        sys.stdout.flush()
    return int(is_wrong)


if __name__ == "__main__":
    sys.exit(main())
