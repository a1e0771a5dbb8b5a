"""Failures that are not the client's: the store's, and our own. Counted, logged, and answered as a problem."""

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.process.problem import Problem
from services.telemetry.errors import StoreError
from services.telemetry.flows.counters import Counters
from services.telemetry.web.answers import store_problem

log = structlog.get_logger()


async def answer_store_error(_request: Request, error: Exception) -> Response:
    """The application's handler for a store that fails."""
    if not isinstance(error, StoreError):
        raise TypeError("only store errors are answered here") from error
    return store_problem(error).response()


class Faults:
    """Our own mistakes."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    async def answer(self, request: Request, error: Exception) -> Response:
        """The application's handler for whatever nobody expected."""
        return self._noted(request.method, request.url.path, error).response()

    async def send(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        """The same where there is no application around."""
        problem = self._noted(scope["method"], scope["path"], error)
        try:
            await problem(scope, receive, send)
        except RuntimeError:
            # The answer had begun: the server closes the connection, which is all that can be said now.
            raise error from None

    def _noted(self, method: str, path: str, error: Exception) -> Problem:
        self._counters.faults += 1
        log.error("a request failed", method=method, path=path, exc_info=error)
        return Problem("internal", "this service made a mistake; its log says which")
