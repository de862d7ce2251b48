"""What the processes said: counts of what went wrong, and what must never be in a log at all."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_LOUD = frozenset({"warning", "error", "critical"})
# Our own mistakes. A reason that is expected is no traceback: it has an event of its own.
_NEVER = frozenset({"stage.bug", "stage.broke_down", "message.unreadable", "failure.not_written_to_salesforce"})
# Process ids and the like would make each line one of its own.
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Said:
    """Loud events by name, and the texts that should not be there."""

    loud: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def read_logs(folder: Path) -> Said:
    """Read the logs of all processes."""
    said = Said()
    for log in sorted(folder.glob("*.log")):
        for line in log.read_text("utf-8", errors="replace").splitlines():
            _take_in(said, log.stem, line)
    return said


def _take_in(said: Said, name: str, line: str) -> None:
    for text in _findings(said, line):
        said.findings.append(f"{name}: {text}")


def _findings(said: Said, line: str) -> Iterator[str]:
    entry = _parsed(line)
    if entry is None:
        if "Traceback" in line or line.startswith("log.failed"):
            yield line[:300]
        return
    event = str(entry.get("event", ""))
    if entry.get("level") in _LOUD:
        said.loud[f"{entry['level']} {_NUMBER.sub('#', event)[:60]}"] += 1
    if event in _NEVER or "exception" in entry:
        yield line[:1500]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
