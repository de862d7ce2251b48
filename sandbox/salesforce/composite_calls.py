"""Several calls in one: composite, and graphs of them.

Source: Salesforce fact sheet 4.5.
"""

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.salesforce.exchange import Call, Reply, refusal_reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.refusal import Refused, not_found

MOST_SUBREQUESTS, _MOST_QUERIES, _MOST_GRAPHS, _MOST_NODES = 25, 5, 75, 500
_REFERENCE = re.compile(r"@\{([A-Za-z]\w*)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_PATH = re.compile(r"/services/data/v(\d+\.\d+)/(.+)")
_RESERVED_HEADERS = frozenset({"accept", "authorization", "content-type"})
Respond = Callable[[Org, Call], Reply]


def composite(org: Org, call: Call, respond: Respond) -> Reply:
    """Make up to 25 calls one after the other; later ones may use what earlier ones answered."""
    match call.method, call.parts[1:]:
        case "POST", ():
            body = call.json()
            requests = _requests(body)
            results, _ = _run(org, call, requests, respond, all_or_none=body.get("allOrNone", False) is True)
            return Reply(body={"compositeResponse": results})
        case "POST", ("graph",):
            return _graphs(org, call, respond)
        case _:
            raise not_found()


def _graphs(org: Org, call: Call, respond: Respond) -> Reply:
    graphs = call.json().get("graphs")
    if not isinstance(graphs, list) or not graphs or len(graphs) > _MOST_GRAPHS:
        raise Refused("INVALID_INPUT", f"A graph call has 1 to {_MOST_GRAPHS} graphs")
    if sum(len(graph.get("compositeRequest", ())) for graph in graphs) > _MOST_NODES:
        raise Refused("INVALID_INPUT", f"A graph call has at most {_MOST_NODES} nodes")
    answers = []
    for graph in graphs:
        results, succeeded = _run(org, call, graph.get("compositeRequest", []), respond, all_or_none=True)
        answer = {"graphId": graph.get("graphId"), "graphResponse": {"compositeResponse": results}}
        answers.append(answer | {"isSuccessful": succeeded})
    return Reply(body={"graphs": answers})


def _requests(body: dict[str, Any]) -> list[dict[str, Any]]:
    requests = body.get("compositeRequest")
    if not isinstance(requests, list) or not requests:
        raise Refused("JSON_PARSER_ERROR", "compositeRequest has to be a list of requests")
    if len(requests) > MOST_SUBREQUESTS:
        raise Refused("LIMIT_EXCEEDED", f"A composite call has at most {MOST_SUBREQUESTS} subrequests")
    heavy = sum(1 for each in requests if re.search(r"/(query|queryAll|composite/sobjects)\b", str(each.get("url"))))
    if heavy > _MOST_QUERIES:
        raise Refused("LIMIT_EXCEEDED", f"At most {_MOST_QUERIES} subrequests may be queries or collections")
    return requests


def _run(
    org: Org, call: Call, requests: list[dict[str, Any]], respond: Respond, *, all_or_none: bool
) -> tuple[list[dict[str, Any]], bool]:
    replies: dict[str, Reply] = {}
    with org.store.transaction() as roll_back:
        for request in requests:
            reference = str(request.get("referenceId", ""))
            if not reference or reference in replies:
                raise Refused("INVALID_INPUT", f"Every subrequest needs a referenceId of its own: {reference!r}")
            replies[reference] = _one(org, call, request, replies, respond)
            if all_or_none and _failed(replies[reference]):
                break
        culprit = next((reference for reference, reply in replies.items() if _failed(reply)), None)
        if all_or_none and culprit is not None:
            roll_back()
            replies = {
                str(each.get("referenceId")): replies[culprit] if str(each.get("referenceId")) == culprit else _halted()
                for each in requests
            }
    return [_result(reference, reply) for reference, reply in replies.items()], culprit is None


def _one(org: Org, call: Call, request: dict[str, Any], replies: dict[str, Reply], respond: Respond) -> Reply:
    try:
        return respond(org, _subcall(call, request, replies))
    except Refused as refused:
        return refusal_reply(refused)


def _subcall(call: Call, request: dict[str, Any], replies: dict[str, Reply]) -> Call:
    headers = {name.lower(): str(value) for name, value in (request.get("httpHeaders") or {}).items()}
    if headers.keys() & _RESERVED_HEADERS:
        raise Refused("INVALID_INPUT", "Accept, Authorization and Content-Type cannot be set for a subrequest")
    url = urlsplit(str(_filled(str(request.get("url", "")), replies)))
    match = _PATH.fullmatch(url.path)
    if match is None:
        raise not_found()
    parts = tuple(unquote(part) for part in match[2].rstrip("/").split("/"))
    if parts[0] == "composite" and parts[:2] != ("composite", "sobjects"):
        raise Refused("INVALID_INPUT", "A composite call cannot hold another one")
    body = _filled(request.get("body"), replies)
    return Call(
        method=str(request.get("method", "")).upper(),
        parts=parts,
        version=match[1],
        query=dict(parse_qsl(url.query, keep_blank_values=True)),
        headers=headers,
        body=body if isinstance(body, dict) else b"" if body is None else json.dumps(body).encode(),
        trouble=call.trouble,
        troubled_rows=call.troubled_rows,
    )


def _filled(value: object, replies: dict[str, Reply]) -> object:
    """Return a value with what earlier calls answered in the place of references."""
    if isinstance(value, dict):
        return {key: _filled(each, replies) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, replies) for each in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        return _referred(whole, replies)
    return _REFERENCE.sub(lambda match: str(_referred(match, replies)), value)


def _referred(match: re.Match[str], replies: dict[str, Reply]) -> object:
    reply = replies.get(match[1])
    if reply is None or _failed(reply):
        raise Refused("PROCESSING_HALTED", f"Invalid reference specified. No value for {match[0]} found")
    found: Any = reply.body
    for name, index in _STEP.findall(match[2]):
        try:
            found = found[name] if name else found[int(index)]
        except (KeyError, IndexError, TypeError) as error:
            raise Refused("PROCESSING_HALTED", f"Invalid reference specified. No value for {match[0]} found") from error
    return found


def _failed(reply: Reply) -> bool:
    return reply.status >= HTTPStatus.BAD_REQUEST


def _halted() -> Reply:
    text = "The transaction was rolled back since another operation in the same transaction failed."
    return refusal_reply(Refused("PROCESSING_HALTED", text))


def _result(reference: str, reply: Reply) -> dict[str, Any]:
    return {
        "body": reply.body,
        "httpHeaders": dict(reply.headers),
        "httpStatusCode": int(reply.status),
        "referenceId": reference,
    }
