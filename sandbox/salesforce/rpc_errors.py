"""How the Pub/Sub API says no: a gRPC status, and trailers that tell why.

Source: Salesforce fact sheet 2.4.
"""

import uuid
from typing import Any, NoReturn

import grpc

_PREFIX = "sfdc.platform.eventbus.grpc."


class RpcRefused(Exception):  # noqa: N818 - named for what the caller is told
    """A call that ends with a status; `code` stands without the prefix of all codes, and is empty for a broken line."""

    def __init__(self, status: grpc.StatusCode, code: str, text: str) -> None:
        super().__init__(f"{status.name} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text


async def abort(context: Any, rpc: str, refused: RpcRefused) -> NoReturn:
    """End a call as Salesforce does: with an error code and the call's id; a broken line has neither."""
    if not refused.code:
        await context.abort(refused.status, refused.text)
    rpc_id = new_rpc_id()
    context.set_trailing_metadata((("error-code", _PREFIX + refused.code), ("rpc-id", rpc_id), ("type", rpc)))
    await context.abort(refused.status, f"{refused.text} rpcId: {rpc_id}")
    raise AssertionError("abort does not return")


def new_rpc_id() -> str:
    """Return the id of a call."""
    return str(uuid.uuid4())


def invalid(code: str, text: str) -> RpcRefused:
    """Return the refusal of a wrong request."""
    return RpcRefused(grpc.StatusCode.INVALID_ARGUMENT, code, text)


def auth_error() -> RpcRefused:
    """Return the refusal of a session that is not, or no longer, good."""
    text = "An authentication exception occurred. The error code is UNAUTHENTICATED."
    return RpcRefused(grpc.StatusCode.UNAUTHENTICATED, "service.auth.error", text)


def corrupted_position() -> RpcRefused:
    """Return the refusal of a replay id."""
    text = "The Replay ID validation failed. Ensure that the Replay ID is valid."
    return invalid("subscription.fetch.replayid.corrupted", text)


def unavailable(code: str = "service.unavailable") -> RpcRefused:
    """Return what Salesforce says when it is down, which is INTERNAL and not UNAVAILABLE."""
    return RpcRefused(grpc.StatusCode.INTERNAL, code, "The Pub/Sub API service is temporarily unavailable.")


def limit_exceeded() -> RpcRefused:
    """Return the end of a stream whose org has used up its deliveries of the day."""
    text = "The org has exceeded its delivery allocation of the last 24 hours."
    return RpcRefused(grpc.StatusCode.RESOURCE_EXHAUSTED, "subscription.limit.exceeded", text)


def broken_line(number: int) -> RpcRefused:
    """Return one of the two ways in which a line is seen to break; there are no trailers then."""
    if number % 2:
        return RpcRefused(grpc.StatusCode.INTERNAL, "", "Received RST_STREAM with error code 0")
    return RpcRefused(grpc.StatusCode.UNAVAILABLE, "", "Received RST_STREAM with error code 8: io exception")


def stream_trouble(kind: str) -> RpcRefused | None:
    """Return how a fault of this kind ends a call."""
    make = {
        "unavailable": unavailable,
        "auth_error": auth_error,
        "limit_exceeded": limit_exceeded,
    }.get(kind)
    return make() if make is not None else None


def already_active() -> RpcRefused:
    """Return the refusal of a managed subscription that another stream holds, or seems to hold."""
    text = "The managed subscription is already active."
    return RpcRefused(grpc.StatusCode.FAILED_PRECONDITION, "managed.subscription.already.active", text)
