"""What is done in a chaos run, and when: everything follows from a plan and its seed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Units:  seconds. Orders are published over `publish_s`, in which every trouble strikes once; what strikes every few
            seconds goes on for `trouble_s`. All orders have to have ended after `within_s`. A WHMCS request takes
            effect at most `latest_effect_s` after its answer was lost; `time_limit_s` is what the service is told of
            that, and leaves room for a machine that is too busy to be on time.
    """

    seed: int
    orders: int = 2000
    publish_s: float = 420.0
    trouble_s: float = 900.0
    within_s: float = 900.0
    fault_rate: float = 0.1
    kill_every_s: float = 2.0
    cut_every_s: float = 10.0
    sweep_every_s: float = 5.0
    outage_s: float = 30.0
    frozen_s: float = 8.0
    latest_effect_s: float = 2.0
    time_limit_s: float = 8.0
    grace_s: float = 5.0

    def settings(self) -> dict[str, str]:
        """Return the settings of the service that go with the plan: waits of hours in life are seconds here."""
        return {
            "WHMCS_TIME_LIMIT_S": f"{self.time_limit_s:g}",
            "SWEEP_GRACE_S": f"{self.grace_s:g}",
            "RETRY_MIN_S": "0.2",
            "RETRY_MAX_S": "2",
            # One machine has one clock.
            "CLOCK_SKEW_S": "0.05",
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "INFO",
        }


def long_plan(seed: int, *, orders: int, within_s: float) -> Plan:
    """Return the plan of `make chaos`: orders come in the first half, then nothing helps but patience."""
    return Plan(seed=seed, orders=orders, publish_s=within_s * 0.5, trouble_s=within_s, within_s=within_s)


def short_plan(seed: int) -> Plan:
    """Return the plan of the test: every trouble once, in little time, and calm at the end."""
    return Plan(
        seed=seed,
        orders=200,
        publish_s=30.0,
        trouble_s=36.0,
        within_s=200.0,
        cut_every_s=5.0,
        sweep_every_s=3.0,
        outage_s=4.0,
        # Longer than a command is waited for.
        frozen_s=5.5,
        latest_effect_s=1.0,
        time_limit_s=3.0,
        grace_s=3.0,
    )
