"""What the process that runs the others tells the demo: who was started, who ended, and how."""

import json
import signal
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Crash:
    """A process that ended by itself, or was killed by somebody."""

    name: str
    code: int

    @property
    def text(self) -> str:
        """Return it in words."""
        if self.code >= 0:
            return f"{self.name} ended with code {self.code}"
        return f"{self.name} was killed by {signal.Signals(-self.code).name}"


class News:
    """Written by the thread that listens, read by anybody."""

    def __init__(self) -> None:
        self.valkey_port = 0
        # Pids of the processes by name; of those of a round that ends they go one by one.
        self.running: dict[str, int] = {}
        self.crashes: list[Crash] = []
        self._is_whole = True

    def listen(self, lines: Iterable[str]) -> None:
        """Take in what is told, until there is no more."""
        for line in lines:
            told = json.loads(line)
            self._take(told["event"], told.get("name", ""), told["value"])

    def _take(self, event: str, name: str, value: int) -> None:
        match event:
            case "valkey":
                self.valkey_port = value
            case "started":
                self.running[name] = value
            case "stopped":
                self.running.pop(name, None)
                # honcho ends all processes when one has ended: only the first one ended by itself.
                if self._is_whole:
                    self.crashes.append(Crash(name, value))
                self._is_whole = False
            case "round_ended":
                self._is_whole = True
