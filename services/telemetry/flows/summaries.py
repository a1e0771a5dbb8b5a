"""What ``GET /runs`` and the summary stream show of runs that are not in memory."""

from services.telemetry.core.facts import log_facts
from services.telemetry.core.run_log import RunLog
from services.telemetry.flows.ports import Summary
from shared import strict_json


def summary_of(log: RunLog) -> Summary:
    """The run as it stands now."""
    return Summary(log.run_id, log.high, strict_json.dumps(log_facts(log)))
