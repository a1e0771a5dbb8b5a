"""Where a request wants its stream to begin. Source: CONTRACT section 4, resume.

``Last-Event-ID`` header, then ``last_event_id``, ``after`` (a seq or a position), ``from``; the first that is there
counts.
"""

from starlette.types import Scope

from services.telemetry.core.asked import NEW, NOW, START, Asked, read_asked
from services.telemetry.web.query import Query


def position_text(scope: Scope, query: Query) -> tuple[str, bool] | None:
    """The place that was asked for as it was written, and whether a bare seq is one; None for none."""
    text = header(scope, b"last-event-id") or query.text("last_event_id") or query.text("lastEventId")
    if text:
        return text, False
    after = query.text("after")
    return (after, True) if after else None


def asked_by(scope: Scope, query: Query) -> Asked:
    """What a request for one run asks for."""
    start = query.choice("from", ("start", "now"))
    place = position_text(scope, query)
    if place is not None:
        return read_asked(place[0], seq_allowed=place[1])
    return NOW if start == "now" else NEW


def asked_of_many(scope: Scope, query: Query, run_ids: list[str]) -> dict[str, Asked]:
    """What a request for several runs asks of each: ``a:k3v9-17,b:...``.

    Where some are named, one that is not had no events when the position was given: all it has are owed.
    """
    start = NOW if query.choice("from", ("start", "now")) == "now" else NEW
    place = position_text(scope, query)
    if place is None:
        return dict.fromkeys(run_ids, start)
    named = {}
    for part in place[0].split(","):
        run_id, found, text = part.strip().partition(":")
        if found:
            named[run_id] = read_asked(text, seq_allowed=place[1])
    if not named:
        return {run_id: Asked("unreadable", place[0]) for run_id in run_ids}
    return {run_id: named.get(run_id, START) for run_id in run_ids}


def header(scope: Scope, name: bytes) -> str:
    """A request header, or the empty string."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""
