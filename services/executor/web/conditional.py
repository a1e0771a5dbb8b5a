"""Versions over HTTP: entity tags, and the conditions of whoever changes something."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.presets.entity_tags import names_form, tag
from services.executor.core.presets.kept import Kept, Wish
from services.executor.errors import ChangedMeanwhileError
from services.process.problem import Problem
from shared.strict_json import dumps

NOT_MODIFIED = 304
_MEDIA = {
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_SOURCE_WANTED = (
    "application/yaml",
    "application/x-yaml",
    "text/yaml",
    "text/x-yaml",
    "text/markdown",
    "text/plain",
)
_AS = ("source", "config")
# What is kept is whatever somebody sent: a browser must not take it for a page.
_HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


def wish_of(request: Request) -> Wish:
    """What ``If-Match`` and ``If-None-Match: *`` say; raises ``Problem`` invalid-parameter for any other of the latter."""
    none_match = request.headers.get("if-none-match")
    if none_match is not None and none_match.strip() != "*":
        raise Problem("invalid-parameter", "If-None-Match can only be * here: change it only if there is none yet")
    given = request.headers.getlist("if-match")
    return Wish(if_match=", ".join(given) if given else None, new_only=none_match is not None)


def refused(request: Request, error: Exception) -> Exception:
    """The error as a condition that was not met, where the request made one."""
    conditional = "if-none-match" in request.headers
    return ChangedMeanwhileError("there is one already, and If-None-Match allows none") if conditional else error


def wants_source(request: Request) -> bool:
    """Whether the file itself is asked for, by ``?as=source`` or by wanting YAML or plain text; raises ``Problem``."""
    said = request.query_params.get("as")
    if said is not None:
        if said not in _AS:
            raise Problem("invalid-parameter", f"as: must be one of {', '.join(_AS)}")
        return said == "source"
    return request.headers.get("accept", "").strip().lower().startswith(_SOURCE_WANTED)


def source_answer(request: Request, kept: Kept) -> Response:
    """The file, byte for byte."""
    return _tagged(request, kept.raw, _MEDIA[kept.suffix], tag(kept.version))


def value_answer(request: Request, value: Any, version: str) -> Response:
    """What the file means, as JSON; it may change although the file does not."""
    body = dumps(value)
    return _tagged(request, body, "application/json", tag(version, body))


def _tagged(request: Request, body: bytes, media: str, shown: str) -> Response:
    headers = {"ETag": shown, "Cache-Control": "no-cache", "Vary": "Accept", **_HARMLESS}
    if names_form(request.headers.get("if-none-match", ""), shown):
        return Response(status_code=NOT_MODIFIED, headers=headers)
    return Response(body, headers={**headers, "Content-Type": media})
