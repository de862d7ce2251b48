"""What ends a Pub/Sub call, and what to do about it.

A failure is a gRPC status; what can be acted on stands in the trailing metadata as `error-code`. The client only says
what to do: waiting, reconnecting and alerting are the subscriber's. Source: Salesforce fact sheet 2.4.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import grpc

_PREFIX = "sfdc.platform.eventbus.grpc."
_MAX_DETAILS = 300


class StreamAction(StrEnum):
    """What the caller does next."""

    RETRY = "retry"  # again after a back-off, from the stored position
    RETRY_SLOWER = "retry-slower"  # the same with a longer back-off: the org is asked too often
    RESTART = "restart"  # open the stream again from the stored position: it is only out of step
    REAUTHENTICATE = "reauthenticate"  # a new token, then again; after a few of these in a row, tell a person
    REPOSITION = "reposition"  # the stored position is refused: start from the preset, and tell a person
    WAIT_LONG = "wait-long"  # tell a person, and try again after minutes: an allowance or a right may come back
    STOP_AND_ALERT = "stop-and-alert"  # our request or the set-up is wrong: only a person can mend it


_ACTIONS = {
    "service.unavailable": StreamAction.RETRY,
    "service.auth.error": StreamAction.REAUTHENTICATE,
    "service.auth.headers.invalid": StreamAction.STOP_AND_ALERT,
    "service.auth.refresh.invalid": StreamAction.REAUTHENTICATE,
    "service.protection.triggered": StreamAction.RETRY_SLOWER,
    "service.protection.stream.limit.triggered": StreamAction.RETRY_SLOWER,
    "service.tenant.license": StreamAction.STOP_AND_ALERT,
    # Old streams of ours that the server has not yet given up count too, and go away by themselves.
    "concurrent.client.limit.exceeded": StreamAction.RETRY_SLOWER,
    "topic.not.found": StreamAction.STOP_AND_ALERT,
    "topic.validation.empty": StreamAction.STOP_AND_ALERT,
    # Rights that were just given take up to ten minutes.
    "topic.meta.permission": StreamAction.WAIT_LONG,
    "subscription.topic.cannot.subscribe": StreamAction.WAIT_LONG,
    "topic.api.unavailable": StreamAction.RETRY,
    "schema.api.unavailable": StreamAction.RETRY,
    "schema.meta.permission": StreamAction.STOP_AND_ALERT,
    "schema.validation.failed": StreamAction.STOP_AND_ALERT,
    "subscription.fetch.replayid.corrupted": StreamAction.REPOSITION,
    "subscription.fetch.replayid.validation.failed": StreamAction.REPOSITION,
    "subscription.fetch.replay.repeated": StreamAction.RESTART,
    "subscription.fetch.overflow": StreamAction.RESTART,
    "subscription.fetch.requested.events.invalid": StreamAction.STOP_AND_ALERT,
    "subscription.fetch.topic.mismatch": StreamAction.STOP_AND_ALERT,
    "subscription.fetch.request.invalid": StreamAction.STOP_AND_ALERT,
    "subscription.limit.exceeded": StreamAction.WAIT_LONG,
    "subscription.internal.error": StreamAction.RETRY,
    "publish.stream.sweeper.timeout": StreamAction.RESTART,
    "publish.event.count.invalid": StreamAction.STOP_AND_ALERT,
    "publish.topic.mismatch": StreamAction.STOP_AND_ALERT,
    "publish.topic.validation.empty": StreamAction.STOP_AND_ALERT,
    "publish.auth.refresh.invalid": StreamAction.STOP_AND_ALERT,
    # Still open elsewhere, or of a process that died and not yet expired.
    "managed.subscription.already.active": StreamAction.RETRY_SLOWER,
    "managed.subscription.config.stopped": StreamAction.STOP_AND_ALERT,
    "managed.subscription.config.deleted": StreamAction.STOP_AND_ALERT,
    # A subscription that was just deployed is seen after about two minutes.
    "managed.subscription.developer.name.not.found": StreamAction.WAIT_LONG,
    "managed.subscription.subscription.id.not.found": StreamAction.WAIT_LONG,
    "managed.subscription.subscription.id.invalid": StreamAction.STOP_AND_ALERT,
    "managed.subscription.id.or.developer.name.empty": StreamAction.STOP_AND_ALERT,
    "managed.subscription.fetch.request.events.invalid": StreamAction.STOP_AND_ALERT,
    "managed.subscription.fetch.request.invalid": StreamAction.STOP_AND_ALERT,
    "managed.subscription.fetch.request.commit.request.restricted": StreamAction.STOP_AND_ALERT,
    "managed.subscription.fetch.request.auth.request.restricted": StreamAction.STOP_AND_ALERT,
}


class StreamError(Exception):
    """A Pub/Sub call that ended; `error_code` is without its common prefix and empty if the server named none."""

    def __init__(self, *, status: str, error_code: str = "", rpc_id: str = "", details: str = "") -> None:
        super().__init__(f"{status} {error_code or 'without a code'}: {details}")
        self.status = status
        self.error_code = error_code
        self.rpc_id = rpc_id
        self.details = details
        self.action = action_for(status, error_code)


def action_for(status: str, error_code: str) -> StreamAction:
    """Return what to do; what nobody has seen before is tried again, never given up silently."""
    fallback = StreamAction.REAUTHENTICATE if status == "UNAUTHENTICATED" and not error_code else StreamAction.RETRY
    return _ACTIONS.get(error_code, fallback)


def stream_error(error: grpc.RpcError) -> StreamError:
    """Read a failed call: its status, and the trailers that say why."""
    call: Any = error  # every RpcError of a call is the call itself, which the types do not know
    trailers = _texts(call.trailing_metadata() or ())
    return StreamError(
        status=call.code().name,
        error_code=trailers.get("error-code", "").removeprefix(_PREFIX),
        rpc_id=trailers.get("rpc-id", ""),
        details=(call.details() or "")[:_MAX_DETAILS],
    )


def _texts(metadata: Iterable[tuple[str, str | bytes]]) -> dict[str, str]:
    return {key: value for key, value in metadata if isinstance(value, str)}
