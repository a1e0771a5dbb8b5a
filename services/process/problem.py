"""Errors as RFC 9457 problem details: one table of types, one way to answer. Source: CONTRACT section 3."""

import json
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STATUS: dict[str, int] = {
    "not-json": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not-found": 404,
    "unknown-run": 404,
    "method-not-allowed": 405,
    "request-timeout": 408,
    "run-active": 409,
    "sequence-gap": 409,
    "epoch-conflict": 409,
    "numbered-by-producer": 409,
    "numbered-by-service": 409,
    "run-finished": 409,
    "run-exists": 409,
    "delivery-stopped": 409,
    "already-exists": 409,
    "built-in": 409,
    "too-many": 409,
    "run-expired": 410,
    "precondition-failed": 412,
    "too-large": 413,
    "unsupported-type": 415,
    "invalid-event": 422,
    "invalid-id": 422,
    "invalid-parameter": 422,
    "invalid-config": 422,
    "missing-key": 422,
    "sequence-conflict": 422,
    "rate-limited": 429,
    "internal": 500,
    "storage-full": 503,
    "unavailable": 503,
}
"""The last part of a problem's ``type``, and the status it is answered with."""

TYPE_BASE = "https://acm2.invalid/problems/"
RETRY_AFTER_S = 2


class Problem(Exception):
    """An answer that says what is wrong and what would be right."""

    def __init__(self, type_: str, detail: str, *, errors: list[dict[str, Any]] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.type = type_
        self.detail = detail
        self.errors = errors or []
        self.extra = extra

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return STATUS[self.type]

    def body(self) -> dict[str, Any]:
        """The problem document."""
        body: dict[str, Any] = {
            "type": TYPE_BASE + self.type,
            "title": self.type.replace("-", " "),
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return body | self.extra

    def response(self) -> Response:
        """The answer itself."""
        headers = {"Retry-After": str(RETRY_AFTER_S)} if self.status == HTTPStatus.SERVICE_UNAVAILABLE else None
        return Response(json.dumps(self.body()), self.status, headers=headers, media_type="application/problem+json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.response()(scope, receive, send)


async def answer_problem(_request: Request, problem: Exception) -> Response:
    """Starlette's handler for a raised ``Problem``."""
    if not isinstance(problem, Problem):
        raise TypeError("only problems are answered here") from problem
    return problem.response()
