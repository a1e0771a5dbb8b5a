"""Events that are not where they should be, as the services' own metrics count them. Pure."""

import re
from collections.abc import Iterator

from services.cli.checkup.finding import Finding, wrong

_OLDEST_BORNE_S = 30.0
_VALUE = re.compile(r"^(acm2_\w+)(?:\{[^}]*\})? ([0-9.e+-]+)$", re.MULTILINE)


def unaccounted(name: str, metrics: str) -> Iterator[Finding]:
    """What the metrics (Prometheus' text) of the service called ``name`` say is wrong; nothing where all is well."""
    values: dict[str, float] = {}
    for metric, value in _VALUE.findall(metrics):
        values[metric] = values.get(metric, 0.0) + float(value)
    if name == "telemetry" and values.get("acm2_unaccounted_events"):
        missing = f"{values['acm2_unaccounted_events']:,.0f}"
        what = f"telemetry misses {missing} events that live runs have sent"
        yield wrong("events", what, "the executor sends them again within ten minutes; if not, please report it")
    if name == "executor" and values.get("acm2_ledger_oldest_seconds", 0.0) > _OLDEST_BORNE_S:
        waiting, oldest_s = values.get("acm2_ledger_pending", 0.0), values["acm2_ledger_oldest_seconds"]
        what = f"{waiting:,.0f} events wait at the executor for telemetry, the oldest for {oldest_s:,.0f} s"
        yield wrong("events", what, "telemetry is away or refuses them: GET /runs/ID at the executor says why")
