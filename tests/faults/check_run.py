"""Whether a run that is over is exact: its log, both services' numbers, and what the provider counted."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.faults.logs import CallHistory, Log, histories
from tests.faults.moody_provider import Asked

OVER = frozenset({"completed", "completed_with_errors", "failed", "cancelled"})


@dataclass
class RunFacts:
    """All that is known of a run when it is over."""

    run_id: str
    log: Log
    at_executor: dict[str, Any]
    at_telemetry: dict[str, Any]
    questions: dict[Asked, str]
    counted: Counter[Asked]
    """The provider's own count, by question."""
    died_of_executor: int = 0
    histories: dict[str, CallHistory] = field(default_factory=dict)


def check_run(facts: RunFacts, *, exactly: bool) -> list[str]:
    """What is not as it must be. ``exactly``: nothing was killed and no connection ended without a byte of an answer."""
    facts.histories, wrong = histories(facts.log)
    wrong += _sides_agree(facts)
    wrong += _provider_agrees(facts, exactly=exactly)
    return [f"{facts.run_id}: {each}" for each in wrong]


def _sides_agree(facts: RunFacts) -> list[str]:
    wrong = []
    log, executor, telemetry = facts.log, facts.at_executor, facts.at_telemetry
    if [event["seq"] for event in log.events] != list(range(1, len(log.events) + 1)):
        wrong.append("the log is not 1, 2, 3 ...")
    if {event["epoch"] for event in log.events} != {executor["epoch"]}:
        wrong.append("the log has another epoch than the executor's")
    last = log.events[-1]
    if last["type"] != "run_finished" or last["data"]["status"] not in OVER:
        wrong.append(f"the log ends with {last['type']}")
    for event in log.events:
        if event["type"] != "run_finished":
            continue
        claimed, data = (event["data"].get("events"), event["data"].get("digest")), event["seq"]
        if claimed != (data - 1, log.digest_before(data)):
            wrong.append(f"run_finished at {data} claims {claimed}, not what is before it")
    wrong += _numbers_agree(facts)
    if (telemetry["complete"], telemetry["count"], telemetry["digest"]) != (True, len(log.lines), log.digest):
        wrong.append(f"telemetry: complete {telemetry['complete']}, {telemetry['count']} events, another digest?")
    if executor["telemetry"]["pending"] or executor["telemetry"]["discarded"]:
        wrong.append(f"the executor shows {executor['telemetry']}")
    accounting = telemetry.get("accounting")
    if accounting is not None and accounting.get("unaccounted"):
        wrong.append(f"events are unaccounted for: {accounting}")
    return wrong


def _numbers_agree(facts: RunFacts) -> list[str]:
    wrong = []
    stats, last = facts.log.stats(), facts.log.events[-1]
    for side, shown in (("executor", facts.at_executor), ("telemetry", facts.at_telemetry)):
        wrong += [
            f"{side} shows {name} {shown['stats'].get(name)}, the log has {stats[name]}"
            for name in stats
            if shown["stats"].get(name) != stats[name]
        ]
        if shown["status"] != last["data"].get("status"):
            wrong.append(f"{side} shows status {shown['status']}")
    ends = ("successful_calls", "failed_calls", "cancelled_calls", "lost_calls", "in_flight")
    if stats["total_calls"] != sum(stats[name] for name in ends) or stats["in_flight"]:
        wrong.append("the states do not add up")
    if stats["violations"]:
        wrong.append(f"violations {stats['violations']}")
    return wrong


def _provider_agrees(facts: RunFacts, *, exactly: bool) -> list[str]:
    wrong = []
    for asked, call_id in facts.questions.items():
        call = facts.histories.get(call_id, CallHistory())
        most = call.attempts - call.unsent
        least = most if exactly else most - call.uncertain
        if not least <= facts.counted[asked] <= most:
            wrong.append(
                f"{call_id}: the provider was asked {facts.counted[asked]} times, the log says {least} to {most}"
            )
    return wrong


def repeats(facts: RunFacts) -> int:
    """How many attempts were lost with a process, so that their calls had to be asked again."""
    return sum(call.died for call in facts.histories.values())
