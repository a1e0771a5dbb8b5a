"""How answers leave: JSON in one form, and every error as a problem document."""

from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.errors import (
    BuiltInPresetError,
    ChangedMeanwhileError,
    ContentExistsError,
    DeliveryStoppedError,
    DrainingError,
    FolderFullError,
    FolderUnwritableError,
    LedgerUnreadableError,
    LedgerUnwritableError,
    MissingVariablesError,
    RunActiveError,
    RunExistsError,
    UnknownContentError,
    UnknownPresetError,
    UnknownRunError,
)
from services.process.body import ClientGoneError
from services.process.problem import Problem, answer_problem
from shared.strict_json import dumps

_OF_STATUS = {404: "not-found", 405: "method-not-allowed"}

log = structlog.get_logger()


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The value as JSON."""
    return Response(dumps(value), status, headers=headers, media_type="application/json")


async def _invalid_preset(_request: Request, error: Exception) -> Response:
    mistakes = error.mistakes if isinstance(error, InvalidPreset) else []
    count = f"{len(mistakes)} mistakes" if len(mistakes) > 1 else "a mistake"
    shown = [mistake.shown() for mistake in mistakes]
    return Problem("invalid-config", f"no run can be made of this: {count}, listed in errors", errors=shown).response()


async def _missing_variables(_request: Request, error: Exception) -> Response:
    names = error.names if isinstance(error, MissingVariablesError) else []
    errors = [{"path": f"environment.{name}", "message": "is not set where the executor runs"} for name in names]
    return Problem("missing-key", str(error), errors=errors, missing=names).response()


async def _unknown_run(_request: Request, error: Exception) -> Response:
    return Problem("unknown-run", str(error)).response()


async def _run_exists(_request: Request, error: Exception) -> Response:
    return Problem("run-exists", str(error)).response()


async def _run_active(_request: Request, error: Exception) -> Response:
    return Problem("run-active", str(error)).response()


async def _delivery_stopped(_request: Request, error: Exception) -> Response:
    return Problem("delivery-stopped", str(error)).response()


async def _already_exists(_request: Request, error: Exception) -> Response:
    return Problem("already-exists", str(error)).response()


async def _built_in(_request: Request, error: Exception) -> Response:
    return Problem("built-in", str(error)).response()


async def _changed_meanwhile(_request: Request, error: Exception) -> Response:
    return Problem("precondition-failed", str(error)).response()


async def _too_many(_request: Request, error: Exception) -> Response:
    return Problem("too-many", str(error)).response()


async def _not_found(_request: Request, error: Exception) -> Response:
    return Problem("not-found", str(error)).response()


async def _unavailable(_request: Request, error: Exception) -> Response:
    return Problem("unavailable", str(error)).response()


async def _client_gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    type_ = _OF_STATUS.get(status, "internal")
    headers = dict(getattr(error, "headers", None) or {})
    detail = f"{request.method} {request.url.path[:200]} is not there" if status in _OF_STATUS else "an error of ours"
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        detail = f"{request.method} is not for this path: {headers['Allow']}"
    answer = Problem(type_, detail).response()
    answer.headers.update(headers)
    return answer


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("a request broke", method=request.method, path=request.url.path, error=type(error).__name__)
    return Problem("internal", "an error in the executor; its log says more").response()


HANDLERS: dict[Any, Any] = {
    Problem: answer_problem,
    InvalidPreset: _invalid_preset,
    MissingVariablesError: _missing_variables,
    UnknownRunError: _unknown_run,
    RunExistsError: _run_exists,
    RunActiveError: _run_active,
    DeliveryStoppedError: _delivery_stopped,
    ContentExistsError: _already_exists,
    BuiltInPresetError: _built_in,
    ChangedMeanwhileError: _changed_meanwhile,
    FolderFullError: _too_many,
    UnknownPresetError: _not_found,
    UnknownContentError: _not_found,
    FolderUnwritableError: _unavailable,
    DrainingError: _unavailable,
    LedgerUnreadableError: _unavailable,
    LedgerUnwritableError: _unavailable,
    ClientGoneError: _client_gone,
    HTTPException: _http_error,
    Exception: _unexpected,
}
"""What each exception is answered with."""
