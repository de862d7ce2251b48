"""Calls below /sobjects: which objects there are, what they look like, and their records.

Source: Salesforce fact sheet 2.8, 4.2.
"""

import json
from http import HTTPStatus
from typing import Any

from sandbox.salesforce.describe import describe_global, describe_object
from sandbox.salesforce.exchange import Call, Reply
from sandbox.salesforce.fields import ObjectType
from sandbox.salesforce.org import Org
from sandbox.salesforce.record_calls import (
    change_record,
    create_record,
    delete_record,
    find_by_external_id,
    no_such_external_id,
    read_record,
    upsert_record,
)
from sandbox.salesforce.refusal import Refused, not_found
from sandbox.salesforce.rules import known_object

# Salesforce gives every event published by REST the same id, and its real one as the "error" of a success.
_EVENT_RECORD_ID = "e01xx0000000001AAA"


def sobjects(org: Org, call: Call) -> Reply:
    """Answer a call about objects, their records, or events."""
    match call.parts[1:]:
        case ():
            return Reply(body=describe_global(org, call.base))
        case (name, *rest) if f"/event/{name}" in org.bus.topics:
            return _event(org, call, f"/event/{name}", rest)
        case (name, *rest):
            return _object(org, call, known_object(org, name), rest)
        case _:
            raise not_found()


def _object(org: Org, call: Call, source: ObjectType, rest: list[str]) -> Reply:
    match call.method, rest:
        case "GET", []:
            return Reply(body={"objectDescribe": describe_object(source, call.base)["sobject"], "recentItems": []})
        case "GET", ["describe"]:
            return Reply(body=describe_object(source, call.base)["full"])
        case "POST", []:
            return create_record(org, call, source)
        case _, [record_id]:
            return _record(org, call, source, record_id)
        case "PATCH", [key, value]:
            return upsert_record(org, call, source, key, value)
        case "GET", [key, value]:
            return _by_external_id(org, call, source, key, value)
        case _:
            raise not_found()


def _record(org: Org, call: Call, source: ObjectType, record_id: str) -> Reply:
    match call.method:
        case "GET" | "HEAD":
            return read_record(org, call, source, record_id)
        case "PATCH":
            return change_record(org, call, source, record_id)
        case "DELETE":
            return delete_record(org, call, source, record_id)
        case _:
            allowed = "DELETE,GET,HEAD,PATCH"
            text = f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}"
            raise Refused("METHOD_NOT_ALLOWED", text, status=HTTPStatus.METHOD_NOT_ALLOWED)


def _by_external_id(org: Org, call: Call, source: ObjectType, key: str, value: str) -> Reply:
    found = find_by_external_id(org, source, key, value)
    if not found:
        raise no_such_external_id(value)
    return read_record(org, call, source, str(found[0]["Id"]))


def _event(org: Org, call: Call, topic: str, rest: list[str]) -> Reply:
    match call.method, rest:
        case "GET", ["eventSchema"]:
            return Reply(body=json.loads(org.bus.topics[topic].schema.json_text))
        case "POST", []:
            return _publish(org, topic, call.json())
        case _:
            raise not_found()


def _publish(org: Org, topic: str, fields: dict[str, Any]) -> Reply:
    try:
        org.bus.publish(topic, fields)
    except KeyError as error:
        raise Refused("INVALID_FIELD", str(error.args[0])) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused("JSON_PARSER_ERROR", str(error)) from error
    event_id = org.bus.topics[topic].events[-1].event_id
    queued = {"statusCode": "OPERATION_ENQUEUED", "message": event_id, "fields": []}
    return Reply(HTTPStatus.CREATED, {"id": _EVENT_RECORD_ID, "success": True, "errors": [queued]})
