"""Every URL path of both services, once: the routes, the clients and the links are all made from these."""

RUNS = "/runs"
RUN = "/runs/{run_id}"
EVENTS = "/runs/{run_id}/events"
LIVE = "/runs/{run_id}/live"
LIVE_MANY = "/live"
REJECTED = "/runs/{run_id}/rejected"
PRODUCER = "/runs/{run_id}/producer"
RECEIPTS = "/runs/{run_id}/receipts"

HEALTH_LIVE = "/health/live"
HEALTH_READY = "/health/ready"
METRICS = "/metrics"
OPENAPI = "/openapi.json"
PAGE = "/"
STATIC = "/static"
LIVE_STATS_JS = "/static/live-stats.js"

PRESETS = "/presets"
PRESET = "/presets/{name}"
PLAN = "/plan"
CANCEL = "/runs/{run_id}/cancel"
PAUSE = "/runs/{run_id}/pause"
RESUME = "/runs/{run_id}/resume"
CALLS = "/runs/{run_id}/calls"
CALL = "/runs/{run_id}/calls/{call_id}"
RESULTS = "/runs/{run_id}/results"
DOCUMENT = "/runs/{run_id}/documents/{document_id}"


def fill(template: str, **values: str) -> str:
    """The path with its placeholders filled; ids hold no character that needs escaping except where documented."""
    return template.format(**values)
