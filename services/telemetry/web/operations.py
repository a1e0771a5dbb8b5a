"""Every operation of the service in a line or two, for its OpenAPI document."""

from dataclasses import dataclass, field
from typing import Any

from services.telemetry.core.producer import SignOfLife
from services.telemetry.core.receipts import Receipt
from services.telemetry.web.shapes import Health, ProducerShown, RejectedList, RunList, RunShown, Taken
from shared import paths

SSE = "text/event-stream"
NDJSON = "application/x-ndjson"
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What one method of one path does. ``answers``: status to what (a shape, a content type, or nothing)."""

    method: str
    path: str
    name: str
    summary: str
    query: tuple[str, ...] = ()
    takes: Any = None
    answers: dict[int, Any] = field(default_factory=dict)
    problems: tuple[int, ...] = ()


QUERY: dict[str, tuple[str, dict[str, Any]]] = {
    "from": ("Where to begin without a position.", {"enum": ["start", "now"], "default": "start"}),
    "after": ("Begin after this position or seq.", {"type": "string"}),
    "last_event_id": ("As the Last-Event-ID header, for clients that cannot set one.", {"type": "string"}),
    "heartbeat": ("Seconds of silence before a heartbeat.", {"type": "number", "minimum": 1, "maximum": 3600}),
    "event": ("'message' leaves out the event: lines.", {"enum": ["message"]}),
    "wait": ("0: a run that has not begun is 404.", {"type": "boolean", "default": True}),
    "poll": ("1: NDJSON up to the newest event.", {"type": "boolean", "default": False}),
    "follow": ("1: NDJSON that goes on.", {"type": "boolean", "default": False}),
    "limit": ("At most so many.", {"type": "integer", "minimum": 1}),
    "before": ("Runs older than this one.", {"type": "string"}),
    "run": ("A run; may stand up to 32 times.", {"type": "array", "items": {"type": "string"}, "maxItems": 32}),
}
"""Every query parameter: what it means, and its schema."""

_PLACE = ("from", "after", "last_event_id")
_STREAM = (*_PLACE, "heartbeat", "event", "wait")
EVENTS = "events"
"""Stands for a body of events, in any of its forms."""
_POST: dict[str, Any] = {
    "takes": EVENTS,
    "answers": {200: Taken},
    "problems": (400, 408, 409, 410, 413, 415, 422, 500, 503),
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(method="POST", path=paths.EVENTS, name="postEvents", summary="Add events to a run.", **_POST),
    Operation(method="PUT", path=paths.EVENTS, name="putEvents", summary="The same, for curl -T.", **_POST),
    Operation(
        method="GET",
        path=paths.EVENTS,
        name="readLog",
        summary="The log: every event, once, in order; as SSE or NDJSON.",
        query=(*_STREAM, "poll", "follow", "limit"),
        answers={200: (SSE, NDJSON), 204: None},
        problems=(404, 410, 422),
    ),
    Operation(
        method="GET",
        path=paths.LIVE,
        name="watchRun",
        summary="The live view of a run, for people.",
        query=_STREAM,
        answers={200: (SSE,), 204: None},
        problems=(404, 410, 422),
    ),
    Operation(
        method="GET",
        path=paths.LIVE_MANY,
        name="watchRuns",
        summary="Several runs on one connection, or a summary of all unfinished ones.",
        query=("run", *_STREAM),
        answers={200: (SSE,), 204: None},
        problems=(404, 410, 422),
    ),
    Operation(
        method="GET",
        path=paths.RUNS,
        name="listRuns",
        summary="Runs, the youngest first.",
        query=("limit", "before"),
        answers={200: RunList},
        problems=(422,),
    ),
    Operation(
        method="GET",
        path=paths.RUN,
        name="showRun",
        summary="A run: state, numbers, fingerprint.",
        answers={200: RunShown},
        problems=(404, 410, 422),
    ),
    Operation(
        method="DELETE",
        path=paths.RUN,
        name="deleteRun",
        summary="Delete a run that is not active, for good.",
        answers={204: None},
        problems=(404, 409, 422, 503),
    ),
    Operation(
        method="GET",
        path=paths.REJECTED,
        name="showRejected",
        summary="Refused events with their reasons.",
        answers={200: RejectedList},
        problems=(404, 410, 422),
    ),
    Operation(
        method="PUT",
        path=paths.PRODUCER,
        name="putProducer",
        summary="A producer's sign of life.",
        takes=SignOfLife,
        answers={200: ProducerShown},
        problems=(400, 408, 410, 413, 422),
    ),
    Operation(
        method="POST",
        path=paths.RECEIPTS,
        name="postReceipt",
        summary="A page's own account of what it got.",
        takes=Receipt,
        answers={204: None},
        problems=(400, 404, 408, 410, 413, 422),
    ),
    Operation(method="GET", path=paths.HEALTH_LIVE, name="live", summary="The process turns.", answers={200: Health}),
    Operation(
        method="GET",
        path=paths.HEALTH_READY,
        name="ready",
        summary="Events and viewers are taken.",
        answers={200: Health},
        problems=(503,),
    ),
    Operation(
        method="GET",
        path=paths.METRICS,
        name="metrics",
        summary="Counters for Prometheus.",
        answers={200: ("text/plain",)},
    ),
    Operation(method="GET", path=paths.OPENAPI, name="openapi", summary="This document.", answers={200: (JSON,)}),
    Operation(
        method="GET", path=paths.PAGE, name="page", summary="The page.", answers={200: ("text/html",)}, problems=(404,)
    ),
)
