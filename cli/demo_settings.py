"""The settings of the demo: those that reach the sandbox, and waits that suit a show."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from config.settings import Settings

# What is seconds to minutes in life, where others need the time; here the other side is a sandbox on this machine.
_SUITED = {
    # One machine, one clock.
    "CLOCK_SKEW_S": "0",
    # No request to the sandbox goes on for so long after its caller hung up. One order waits three times this: an
    # earlier run of it died, and whether it is still being accepted cannot be known before.
    "WHMCS_TIME_LIMIT_S": "1",
    "RETRY_MAX_S": "1",
    "LOG_FORMAT": "console",
}


def demo_settings(sandbox_env: Mapping[str, str], redis_url: str) -> dict[str, str]:
    """Return the settings of the demo's processes."""
    return {**sandbox_env, **_SUITED, "REDIS_URL": redis_url}


def shell_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the same settings for a shell that may have others: an empty one counts as unset."""
    # PORT is left alone: honcho reads it as a number and stumbles over an empty one.
    return {name.upper(): "" for name in Settings.model_fields if name != "port"} | dict(settings)


def process_env(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process: the machine's own, with these settings and no others."""
    ours = set(Settings.model_fields)
    others = {name: value for name, value in os.environ.items() if name.lower() not in ours}
    # The Procfile says `python`: the one that runs here.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**others, **settings, "PATH": path}
