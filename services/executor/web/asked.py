"""What a request says: its body as JSON or YAML, its query, its run."""

from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from starlette.requests import Request

from services.executor.core.presets.yaml_text import NotYaml, read_yaml
from services.process.body import read_body
from services.process.problem import Problem
from shared.ids import is_run_id
from shared.limits import MAX_EXECUTOR_BODY_BYTES
from shared.strict_json import NotJson, loads

_JSON = frozenset({"application/json"})
_YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/vnd.yaml"})
_BIG_BYTES = 64 * 1024
"""A larger body is parsed beside the loop, which others wait for."""


async def read_value(request: Request) -> Any:
    """The body's value; raises ``Problem``: unsupported-type, too-large or not-json.

    Only JSON and YAML are taken: a web page can send neither to a stranger without asking first.
    """
    return await _value(request, await read_body(request.receive, MAX_EXECUTOR_BODY_BYTES))


async def read_value_or_nothing(request: Request) -> Any:
    """The body's value, None where there is no body; raises as ``read_value`` does."""
    raw = await read_body(request.receive, MAX_EXECUTOR_BODY_BYTES)
    return await _value(request, raw) if raw else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A body that is kept as it was sent, comments and all."""

    raw: bytes
    value: Any
    suffix: str
    """What a file with it ends in: ``.json`` or ``.yaml``."""


async def read_sent(request: Request) -> Sent:
    """The body and its value; raises as ``read_value`` does."""
    raw = await read_body(request.receive, MAX_EXECUTOR_BODY_BYTES)
    value = await _value(request, raw)
    return Sent(raw=raw, value=value, suffix=".json" if _content_type(request) in _JSON else ".yaml")


async def _value(request: Request, raw: bytes) -> Any:
    said = _content_type(request)
    if said not in _JSON | _YAML:
        what = f"{said[:100]!r} is" if said else "a body without Content-Type is"
        raise Problem("unsupported-type", f"{what} not taken here; send application/json or application/yaml")
    read = loads if said in _JSON else read_yaml
    try:
        return await anyio.to_thread.run_sync(read, raw) if len(raw) > _BIG_BYTES else read(raw)
    except (NotJson, NotYaml) as error:
        raise Problem("not-json", str(error)) from error


async def read_nothing(request: Request) -> None:
    """For routes that need no body: one of a type a foreign page could send unasked is refused all the same."""
    raw = await read_body(request.receive, MAX_EXECUTOR_BODY_BYTES)
    said = _content_type(request)
    if raw and said not in _JSON | _YAML:
        raise Problem("unsupported-type", "send no body, or one of application/json")


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def run_id_of(request: Request) -> str:
    """The run a request is about; raises ``Problem`` invalid-id."""
    run_id: str = request.path_params["run_id"]
    if not is_run_id(run_id):
        raise Problem("invalid-id", "a run id has 1 to 64 letters, digits, dots, dashes or underscores")
    return run_id


def whole_number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    """A number from the query; raises ``Problem`` invalid-parameter."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        message = f"must be a whole number from {least} to {most}"
        raise Problem("invalid-parameter", f"{name}: {message}", errors=[{"path": name, "message": message}])
    return int(text)


def one_of(request: Request, name: str, allowed: tuple[str, ...]) -> str | None:
    """A word from the query, None where it is not said; raises ``Problem`` invalid-parameter."""
    text = request.query_params.get(name) or None
    if text is not None and text not in allowed:
        message = f"must be one of {', '.join(allowed)}"
        raise Problem("invalid-parameter", f"{name}: {message}", errors=[{"path": name, "message": message}])
    return text
