"""A stored event as one line for people. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from services.cli.showing.judgement_line import JUDGEMENTS, judgement_line
from services.cli.showing.phrases import one_line

_LOG_TYPES = frozenset({"log", "alert"}) | JUDGEMENTS
_JUDGED = {"score_recorded": "score", "pair_judged": "pair", "ranking_changed": "ranking"}
_LINE_CHARS = 4000


def is_log(event: Mapping[str, Any]) -> bool:
    """Whether the event is meant as a line of the log: log lines, alerts, judgements, and somebody's own events."""
    type_ = str(event.get("type"))
    return type_ in _LOG_TYPES or "." in type_


def event_line(event: Mapping[str, Any]) -> str:
    """``time level message`` for log lines, alerts and judgements, ``time #seq type data`` for every other event."""
    data, time = event["data"], event["time"]
    if event["type"] == "log":
        return one_line(f"{time} {data.get('level', 'info'):<7} {data['message']}", _LINE_CHARS)
    if event["type"] == "alert":
        what = data.get("message") or data.get("kind") or data["alert_id"]
        return one_line(f"{time} alert   {data['state']}: {what}", _LINE_CHARS)
    if event["type"] in JUDGEMENTS:
        return one_line(f"{time} {_JUDGED[event['type']]:<7} {judgement_line(event['type'], data)}", _LINE_CHARS)
    return one_line(f"{time} #{event['seq']} {event['type']} {json.dumps(data, ensure_ascii=False)}", _LINE_CHARS)
