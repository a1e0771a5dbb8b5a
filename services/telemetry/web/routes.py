"""The URL table."""

from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from services.pages.site import Static
from services.process.problem import Problem, answer_problem
from services.telemetry.errors import StoreError
from services.telemetry.web.by_method import ByMethod
from services.telemetry.web.faults import Faults, answer_store_error
from services.telemetry.web.health import Live, Ready
from services.telemetry.web.hot_paths import HotPaths
from services.telemetry.web.live_stream import LiveStream
from services.telemetry.web.log_stream import LogStream
from services.telemetry.web.many_stream import ManyStream
from services.telemetry.web.metrics import Metrics
from services.telemetry.web.openapi import OpenApi
from services.telemetry.web.page import Page
from services.telemetry.web.parts import Parts
from services.telemetry.web.post_events import PostEvents
from services.telemetry.web.runs import DeleteRun, ListRuns, ShowRejected, ShowRun
from services.telemetry.web.said_by import PostReceipt, PutProducer
from shared import paths


def endpoints(parts: Parts) -> dict[str, ByMethod]:
    """Every path, and who answers which method."""
    post_events = PostEvents(parts)
    table: dict[str, dict[str, ASGIApp]] = {
        paths.EVENTS: {"GET": LogStream(parts), "POST": post_events, "PUT": post_events},
        paths.LIVE: {"GET": LiveStream(parts)},
        paths.LIVE_MANY: {"GET": ManyStream(parts)},
        paths.RUN: {"GET": ShowRun(parts), "DELETE": DeleteRun(parts)},
        paths.RUNS: {"GET": ListRuns(parts)},
        paths.REJECTED: {"GET": ShowRejected(parts)},
        paths.PRODUCER: {"PUT": PutProducer(parts)},
        paths.RECEIPTS: {"POST": PostReceipt(parts)},
        paths.HEALTH_LIVE: {"GET": Live(parts)},
        paths.HEALTH_READY: {"GET": Ready(parts)},
        paths.METRICS: {"GET": Metrics(parts)},
        paths.OPENAPI: {"GET": OpenApi()},
        paths.PAGE: {"GET": Page(parts)},
    }
    return {path: ByMethod(methods) for path, methods in table.items()}


def web_routes(parts: Parts) -> ASGIApp:
    """The application without its door."""
    table = endpoints(parts)
    faults = Faults(parts.counters)
    app = Starlette(
        routes=[*(Route(path, endpoint) for path, endpoint in table.items()), Mount(paths.STATIC, Static())],
        exception_handlers={
            Problem: answer_problem,
            StoreError: answer_store_error,
            HTTPException: _answer_http,
            Exception: faults.answer,
        },
    )
    return HotPaths(app, {path: table[path] for path in (paths.EVENTS, paths.LIVE)}, faults)


async def _answer_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError("only HTTP errors are answered here") from error
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response = Problem("method-not-allowed", f"{request.method} is not for this path").response()
        response.headers.update(error.headers or {})
        return response
    return Problem("not-found", f"there is nothing at {request.url.path[:200]}").response()
