"""The faults of both systems: a base of all kinds at a low rate, and outages on top of it."""

from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.chaos.plan import Plan

# Kinds that any HTTP call may meet, with the value that each needs.
_OF_ALL = {
    "latency": 300,
    "slow_after_effect": 300,
    "http_500": 0,
    "http_503": 0,
    "html_page": 0,
    "bad_gateway": 0,
    "throttle": 1,
    "reset_before": 0,
    "drop_after_effect": 0,
    "truncated_json": 0,
    "cut_body": 0,
}
# Shares of the longest time after which an effect may still come.
_LATE_SHARES = (0.1, 0.5, 1.0)
_OF_WHMCS = (("notice_html_500", 0), ("warning_answer", 0), ("warning_answer", 1))
_OF_SALESFORCE = (
    "expired_session",
    "server_unavailable",
    "unknown_exception",
    "query_timeout",
    "lock_row",
    "trigger_lock",
)
# Writes of WHMCS cannot be repeated: what leaves their outcome open strikes them as often again.
_OF_WRITES = ("drop_after_effect", "cut_body", "notice_html_500")
_WRITES = ("whmcs.AddOrder", "whmcs.AcceptOrder", "whmcs.ModuleCreate")
_OF_STREAMS = ("silent", "cut", "unavailable", "auth_error", "duplicate_event", "undecodable_event")
_OF_SCHEMAS = ("late_schema", "unavailable", "auth_error")


class Weather:
    """The faults in force in a sandbox."""

    def __init__(self, box: Sandbox, plan: Plan) -> None:
        self._box = box
        self._base = base_faults(plan)

    def fair(self) -> None:
        """Put the base in force and nothing else."""
        self._set([])

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._box.faults.clear()

    def whmcs_away(self) -> None:
        """Let WHMCS answer nobody."""
        self._set([Fault("whmcs.*", "reset_before")])

    def salesforce_away(self) -> None:
        """Let Salesforce answer nobody, and end the streams that are open."""
        self._set([Fault("salesforce.*", "reset_before"), Fault("pubsub.*", "unavailable")])
        self.cut_streams()

    def cut_streams(self) -> None:
        """End the streams that are open now, the silent ones too."""
        self._box.org.bus.strike("cut")

    def _set(self, first: list[Fault]) -> None:
        """Replace the faults; an outage comes before the base, so that nothing takes effect in it."""
        self._box.faults.clear()
        for fault in (*first, *self._base):
            self._box.faults.add(fault)


def base_faults(plan: Plan) -> list[Fault]:
    """Return faults of every kind; together they strike `fault_rate` of the calls to each system, writes more."""
    late = [("late_effect", round(plan.latest_effect_s * 1000 * share)) for share in _LATE_SHARES]
    everywhere = [*_OF_ALL.items(), *late]
    whmcs = [*everywhere, *_OF_WHMCS]
    salesforce = [*everywhere, *((kind, 0) for kind in _OF_SALESFORCE)]
    writes = [*((kind, 0) for kind in _OF_WRITES), *late]
    return [
        *(fault for endpoint in _WRITES for fault in _shared(endpoint, writes, plan.fault_rate)),
        *_shared("whmcs.*", whmcs, plan.fault_rate),
        *_shared("salesforce.token", everywhere, plan.fault_rate),
        *_shared("salesforce.[!t]*", salesforce, plan.fault_rate),
        *_shared("pubsub.Subscribe", [(kind, 0) for kind in _OF_STREAMS], plan.fault_rate),
        Fault("pubsub.Subscribe", "corrupted_position", rate=plan.fault_rate),
        *_shared("pubsub.GetSchema", [(kind, 0) for kind in _OF_SCHEMAS], plan.fault_rate),
    ]


def _shared(endpoint: str, kinds: list[tuple[str, int]], rate: float) -> list[Fault]:
    return [Fault(endpoint, kind, rate=rate / len(kinds), value=value) for kind, value in kinds]
