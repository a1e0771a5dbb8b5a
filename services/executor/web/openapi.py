"""The API's description, made from the same shapes the API uses."""

from typing import Any

from services.executor.core.presets.preset import Preset
from services.executor.core.presets.preset_schema import preset_schema
from services.executor.web.openapi_content import BODIES, CONTENT_ROUTES, CONTENT_SHAPES, header_parameters
from shared import paths

Shape = dict[str, Any]

_PRESET_OR_CONFIG: Shape = {
    "type": "object",
    "description": "One of preset and config; with documents_from alone, that run's own config is used.",
    "properties": {
        "preset": {"type": "string", "description": "A preset's name."},
        "config": {"$ref": "#/components/schemas/PresetFile"},
        "documents_from": {"$ref": "#/components/schemas/DocumentsFrom"},
        "overrides": {"type": "object", "description": "JSON merge patch (RFC 7396) onto the preset or config."},
        "run_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$", "description": "Your own id for the run."},
    },
    "additionalProperties": False,
}
_NEW_LIMITS: Shape = {
    "type": "object",
    "properties": {
        "limits": {"type": "object", "description": "JSON merge patch (RFC 7396) onto the run's limits."},
    },
    "additionalProperties": False,
}
_PROBLEM: Shape = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "missing": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["type", "title", "status", "detail"],
}
_ROUTES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    *CONTENT_ROUTES,
    ("get", paths.PRICES, "What models cost, and who says so", {"200": "Prices", "422": "A parameter is wrong"}),
    ("post", paths.PLAN, "What a run would ask and cost; nothing is started", {"200": "The plan", "422": "Mistakes"}),
    (
        "post",
        paths.RUNS,
        "Start a run",
        {
            "201": "Started",
            "200": "It was started before by the same request",
            "409": "The run id names another run",
            "413": "The body is too large",
            "415": "Neither JSON nor YAML",
            "422": "Mistakes, or missing environment variables",
        },
    ),
    ("get", paths.RUNS, "Runs, newest first", {"200": "Runs"}),
    ("get", paths.RUN, "One run", {"200": "The run", "404": "No such run"}),
    ("post", paths.CANCEL, "Cancel a run; repeatable", {"200": "How it stands now", "404": "No such run"}),
    (
        "post",
        paths.PAUSE,
        "Begin no request any more, let those under way end; repeatable",
        {"200": "How it stands now", "404": "No such run", "409": "It is being cancelled"},
    ),
    (
        "post",
        paths.RESUME,
        "Let a run go on with what is missing, with other limits if any are given; repeatable",
        {
            "200": "How it stands now",
            "404": "No such run",
            "409": "It is being cancelled",
            "415": "Neither JSON nor YAML",
            "422": "Limits that cannot be, or missing environment variables",
            "503": "The ledger cannot be written, or the service is about to stop",
        },
    ),
    (
        "delete",
        paths.RUN,
        "Forget a run, here and at telemetry; repeatable",
        {"204": "It is gone", "404": "No such run", "409": "It is under way: cancel it first"},
    ),
    ("get", paths.EVENTS, "The run's events, at telemetry", {"307": "Where they are"}),
    ("get", paths.LIVE, "The run's live view, at telemetry", {"307": "Where it is"}),
    ("get", paths.CALLS, "Calls, by status, phase and model", {"200": "Calls", "404": "No such run"}),
    ("get", paths.CALL, "One call with each prompt, answer and error", {"200": "The call", "404": "No such call"}),
    (
        "get",
        paths.RESULTS,
        "What came out so far: scores, pairs, rankings, winners, models, costs, what is missing",
        {"200": "Results", "404": "No such run", "422": "Not a number"},
    ),
    (
        "get",
        paths.EXPORT,
        "The results as a file: format json, ndjson or csv (one row a judgement), or html (a report)",
        {"200": "The file", "404": "No such run", "422": "No such format"},
    ),
    (
        "get",
        paths.COMPARE,
        "Runs side by side: run=A&run=B, 2 to 8 of them",
        {
            "200": "Models, criteria, documents, costs, rankings, and where the configs differ",
            "404": "No such run",
            "422": "Not 2 to 8 runs",
        },
    ),
    ("get", paths.DOCUMENT, "A document's text", {"200": "The text", "404": "No such document"}),
    ("get", paths.HEALTH_LIVE, "Whether the process answers", {"200": "It does"}),
    ("get", paths.HEALTH_READY, "Whether runs can be started", {"200": "They can", "503": "Not now"}),
    ("get", paths.METRICS, "Metrics for Prometheus", {"200": "Metrics"}),
)
_QUERIES: dict[tuple[str, str], tuple[str, ...]] = {
    ("get", paths.RUNS): ("limit", "before"),
    ("get", paths.PRESET): ("as",),
    ("get", paths.LIBRARY_ITEM): ("as",),
    ("get", paths.PRICES): ("provider", "model", "preset"),
    ("get", paths.RESULTS): ("within",),
    ("get", paths.EXPORT): ("format", "within"),
    ("get", paths.COMPARE): ("run", "within"),
    ("get", paths.CALLS): ("status", "phase", "model", "limit", "after"),
}


def openapi(build: str) -> Shape:
    """The OpenAPI 3.1 document."""
    schema = Preset.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    parts = schema.pop("$defs", {})
    described: dict[str, Shape] = {}
    for method, path, summary, answers in _ROUTES:
        described.setdefault(path, {})[method] = _operation(method, path, summary, answers)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ACM2 executor", "version": build, "description": "Runs evaluations of documents by LLMs."},
        "paths": described,
        "components": {
            "schemas": {
                **parts,
                "Preset": schema,
                "PresetFile": _preset_file(),
                "Problem": _PROBLEM,
                **CONTENT_SHAPES,
                "ResumeRequest": _NEW_LIMITS,
                "RunRequest": _PRESET_OR_CONFIG,
            }
        },
    }


def _preset_file() -> Shape:
    """As people write it: file names, library references and ``extends`` included; its parts stay inside it."""
    return preset_schema("#/components/schemas/PresetFile/$defs/")


def _operation(method: str, path: str, summary: str, answers: dict[str, str]) -> Shape:
    operation: Shape = {"summary": summary, "responses": {code: _answer(code, text) for code, text in answers.items()}}
    named = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    operation["parameters"] = [
        *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in named),
        *({"name": name, "in": "query", "schema": {"type": "string"}} for name in _QUERIES.get((method, path), ())),
        *header_parameters(method, path),
    ]
    if (method, path) in BODIES:
        content = {"schema": {"$ref": f"#/components/schemas/{BODIES[method, path]}"}}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": content, "application/yaml": content},
        }
    if path in {paths.PLAN, paths.RUNS} and method == "post":
        content = {"schema": {"$ref": "#/components/schemas/RunRequest"}}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": content, "application/yaml": content},
        }
    if path == paths.RESUME:
        content = {"schema": {"$ref": "#/components/schemas/ResumeRequest"}}
        operation["requestBody"] = {"content": {"application/json": content, "application/yaml": content}}
    return operation


def _answer(code: str, text: str) -> Shape:
    if code < "400" or code == "503":
        return {"description": text}
    return {
        "description": text,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
