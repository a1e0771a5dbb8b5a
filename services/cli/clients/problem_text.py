"""A service's refusal in words for a terminal: what is wrong, each mistake with the place it is in."""

import json
from http import HTTPStatus
from typing import Any

from services.cli.errors import Refused
from services.process.exit_codes import INTERNAL, UNREACHABLE, USAGE

_SHOWN_BODY_CHARS = 300


def refusal(service: str, status: int, body: bytes) -> Refused:
    """The error to raise for an answer of 400 or more; reads RFC 9457 problem documents and anything else."""
    problem = _document(body)
    type_ = str(problem.get("type", "")).rsplit("/", 1)[-1]
    detail = problem.get("detail") or problem.get("title") or _plain(status, body)
    lines = [f"{service} says: {detail}"]
    errors = problem.get("errors")
    if isinstance(errors, list):
        lines += [f"  {_mistake(error)}" for error in errors if isinstance(error, dict)]
    return Refused("\n".join(lines), status=status, type_=type_, exit_code=exit_code_of(status))


def exit_code_of(status: int) -> int:
    """64 for what the caller can mend, 69 for a service that cannot now, 70 for one that failed."""
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return USAGE
    return UNREACHABLE if status == HTTPStatus.SERVICE_UNAVAILABLE else INTERNAL


def _document(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _plain(status: int, body: bytes) -> str:
    text = " ".join(body[:_SHOWN_BODY_CHARS].decode("utf-8", "replace").split())
    return f"HTTP {status}" + (f": {text}" if text else "")


def _mistake(error: dict[str, Any]) -> str:
    index, path = error.get("index"), error.get("path")
    place = ".".join(str(part) for part in path) if isinstance(path, list) else path
    where = " ".join(str(part) for part in (f"[{index}]" if index is not None else None, place) if part)
    message = str(error.get("message", "")) or json.dumps(error)
    return f"{where}: {message}" if where else message
