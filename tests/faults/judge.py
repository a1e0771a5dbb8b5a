"""What is known of the runs when a scenario is over, and the verdict on it."""

from tests.faults.check_run import RunFacts, check_run, repeats
from tests.faults.check_viewers import Verdict, check_viewer
from tests.faults.deaths import EXECUTOR_OR_WORKER, died_without_a_kill, in_flight_at, spans
from tests.faults.evaluation import PROVIDER, Size, questions_of
from tests.faults.injuries import MAIN
from tests.faults.logs import CallHistory, read_log
from tests.faults.outcome import Outcome, read_timeline
from tests.faults.scenarios import Scenario
from tests.faults.world import World

SIDE = "side"
SIDE_SIZE = Size(documents=2, makers=1, judges=1, concurrency=2)


async def gather(world: World, run_id: str) -> RunFacts:
    """All that both services and the provider say of a run that is over."""
    body = (await world.insist(world.telemetry, f"/runs/{run_id}/events?poll=1")).text
    calls = (await world.insist(world.executor, f"/runs/{run_id}/calls?limit=10000")).json()["calls"]
    return RunFacts(
        run_id=run_id,
        log=read_log(body),
        at_executor=(await world.insist(world.executor, f"/runs/{run_id}")).json(),
        at_telemetry=(await world.insist(world.telemetry, f"/runs/{run_id}")).json(),
        questions=questions_of(run_id, [call for call in calls if call["provider"] == PROVIDER]),
        counted=world.provider.counts.by_call,
    )


def judge(world: World, scenario: Scenario, outcome: Outcome, facts: list[RunFacts]) -> None:
    """Fill in the outcome: counts, times, and every promise that was broken."""
    for each in facts:
        outcome.broken.extend(check_run(each, exactly=scenario.exactly))
        outcome.events += len(each.log.lines)
        outcome.calls += len(each.histories)
        outcome.repeated += repeats(each)
        outcome.attempts += sum(call.attempts for call in each.histories.values())
        for call in (each.histories.get(call_id, CallHistory()) for call_id in each.questions.values()):
            outcome.most += call.attempts - call.unsent
            outcome.least += call.attempts - call.unsent - call.uncertain
        ends = scenario.ends if each.run_id == MAIN else "completed"
        if each.log.events[-1]["data"].get("status") != ends:
            outcome.broken.append(f"{each.run_id} ended {each.log.events[-1]['data']}, not {ends}")
    logs = {each.run_id: each.log for each in facts}
    epochs = {each.run_id: each.at_executor["epoch"] for each in facts}
    verdict = Verdict()
    for viewer in world.viewers:
        seen = logs if viewer.kind == "many" else {MAIN: logs[MAIN]}
        verdict.add(check_viewer(viewer, seen, epochs))
        outcome.blindness_s = max(outcome.blindness_s, viewer.longest_blindness_s())
    outcome.received, outcome.lost = verdict.received, verdict.lost
    outcome.doubled, outcome.gaps = verdict.doubled, verdict.gaps
    outcome.broken.extend(verdict.wrong)
    outcome.provider_asked = world.provider.counts.requests
    if world.provider.counts.unknown:
        outcome.broken.append(f"{world.provider.counts.unknown} requests of no call")
    _check_deaths(world, outcome, facts)
    _check_budget(scenario, outcome, facts[0])
    failures = [(span.ended_s, span.failed_as) for span in spans(logs[MAIN]) if span.failed_as is not None]
    read_timeline(outcome, world.timeline, failures, [at for one in world.viewers for at in one.lost_at_s])


def _check_deaths(world: World, outcome: Outcome, facts: list[RunFacts]) -> None:
    """Calls are repeated that were in flight at a kill, and no others."""
    faults = world.timeline.faults
    attempts = [span for each in facts for span in spans(each.log)]
    outcome.in_flight_at_kills = sum(in_flight_at(each, attempts) for each in faults if each.kind in EXECUTOR_OR_WORKER)
    outcome.broken.extend(died_without_a_kill(attempts, faults))


def _check_budget(scenario: Scenario, outcome: Outcome, main: RunFacts) -> None:
    """Not one request more than was allowed, whoever died in between."""
    if scenario.max_requests is None:
        return
    asked = sum(main.counted[asked] for asked in main.questions)
    attempts = main.log.stats()["attempts"]
    if asked > scenario.max_requests or attempts > scenario.max_requests:
        outcome.broken.append(f"{asked} requests and {attempts} attempts, {scenario.max_requests} were allowed")
