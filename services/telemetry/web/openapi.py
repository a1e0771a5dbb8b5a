"""``/openapi.json``: the service described by the structs it decodes with and the table of its operations."""

import re
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from services.process.problem import STATUS
from services.telemetry.core.cloud_events import CloudEvent
from services.telemetry.core.incoming import Envelope
from services.telemetry.web.answers import send_json
from services.telemetry.web.operations import EVENTS, JSON, NDJSON, OPERATIONS, QUERY, Operation
from services.telemetry.web.shapes import ProblemDocument, StoredLine
from shared import strict_json
from shared.events import DATA
from shared.ids import RUN_ID_PATTERN
from shared.limits import CONTRACT_VERSION

_REF = "#/components/schemas/{name}"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")

Schema = dict[str, Any]

_LAST_EVENT_ID: Schema = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "Begin after this position; it counts before every query parameter.",
    "schema": {"type": "string"},
}


class OpenApi:
    """The endpoint."""

    def __init__(self) -> None:
        self._document = strict_json.dumps(document())

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send_json(send, self._document)


def document() -> Schema:
    """The OpenAPI 3.1 document."""
    shapes = _shapes()
    _, components = msgspec.json.schema_components(list(shapes.values()), ref_template=_REF)
    components["Event"] = _event_schema(components.pop("Envelope"))
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ACM2 telemetry",
            "version": CONTRACT_VERSION,
            "description": "Takes the events of runs, keeps them, and fans them out over Server-Sent Events.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _shapes() -> dict[str, Any]:
    shapes: dict[str, Any] = {shape.__name__: shape for shape in (Envelope, CloudEvent, StoredLine, ProblemDocument)}
    for operation in OPERATIONS:
        for shape in (operation.takes, *operation.answers.values()):
            if isinstance(shape, type):
                shapes[shape.__name__] = shape
    return shapes | {shape.__name__: shape for shape in DATA.values()}


def _event_schema(envelope: Schema) -> Schema:
    """An event: what all have, and for each known type the shape of its data."""
    by_type = [
        {
            "if": {"properties": {"type": {"const": name}}},
            "then": {"properties": {"data": {"$ref": _REF.format(name=shape.__name__)}}},
        }
        for name, shape in DATA.items()
    ]
    types = {"anyOf": [{"enum": list(DATA)}, {"pattern": r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$"}]}
    return envelope | {
        "title": "Event",
        "description": "A type of the list has the data of its shape; one with a dot is your own and has any.",
        "properties": envelope["properties"] | {"type": {"type": "string"} | types, "data": {}},
        "allOf": by_type,
    }


def _operation(operation: Operation) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            *map(_path_parameter, _PLACEHOLDER.findall(operation.path)),
            *map(_parameter, operation.query),
            *([_LAST_EVENT_ID] if "last_event_id" in operation.query else []),
        ],
        "responses": {str(status): _answer(status, what) for status, what in operation.answers.items()},
    }
    if operation.takes == EVENTS:
        described["requestBody"] = {"required": True, "content": _event_bodies()}
    elif operation.takes is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(operation.takes)}}}
    for status in operation.problems:
        described["responses"][str(status)] = _problem(status)
    return described


def _path_parameter(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": RUN_ID_PATTERN}}


def _parameter(name: str) -> Schema:
    meaning, schema = QUERY[name]
    return {"name": name, "in": "query", "description": meaning, "schema": schema}


def _event_bodies() -> Schema:
    event = {"$ref": _REF.format(name="Event")}
    cloud_event = {"$ref": _REF.format(name="CloudEvent")}
    return {
        JSON: {"schema": {"anyOf": [event, {"type": "array", "items": event}]}},
        NDJSON: {"schema": {"type": "string", "description": "An event a line."}},
        "application/cloudevents+json": {"schema": cloud_event},
        "application/cloudevents-batch+json": {"schema": {"type": "array", "items": cloud_event}},
        "text/plain": {"schema": {"type": "string", "description": "A log event a line."}},
    }


def _answer(status: int, what: Any) -> Schema:
    answer: Schema = {"description": HTTPStatus(status).phrase}
    if isinstance(what, tuple):
        answer["content"] = {name: {"schema": {"type": "string"}} for name in what}
    elif what is not None:
        answer["content"] = {JSON: {"schema": _ref(what)}}
    return answer


def _problem(status: int) -> Schema:
    types = sorted(name for name, known in STATUS.items() if known == status)
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(types)}",
        "content": {"application/problem+json": {"schema": _ref(ProblemDocument)}},
    }


def _ref(shape: type) -> Schema:
    return {"$ref": _REF.format(name=shape.__name__)}
