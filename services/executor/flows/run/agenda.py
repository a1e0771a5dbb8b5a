"""How a life of a run gets under way: what is left of its plan, and what earlier lives have brought."""

import json
from collections.abc import Sequence

import anyio.lowlevel
import anyio.to_thread

from services.executor.core.planning.agenda import Agenda, Past
from services.executor.core.planning.agenda_input import Moves
from services.executor.core.planning.plan import PAIRWISE_EVAL, PlannedCall
from services.executor.core.records import Choice, Pair, Score
from services.executor.flows.ports import Reader
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.sequel import AT_A_TIME, BREATH


async def read_agenda(run: LiveRun, reader: Reader) -> None:
    """The agenda of a run that was there before, and the documents made earlier that somebody is still to read."""
    run_id = run.run_id
    pairs = await reader.pairs(run_id)
    for start in range(0, len(pairs), AT_A_TIME):
        run.ranking.restore(pairs[start : start + AT_A_TIME])
        await anyio.lowlevel.checkpoint()
    choices, scores = await reader.choices(run_id), await reader.scores(run_id)
    run.agenda = await anyio.to_thread.run_sync(_made_again, run, choices, scores, pairs)
    makers = (*run.plan.generation, *(call for item in run.plan.inputs for call in item.combine))
    wanted = [one.document for one in makers if run.progress.has_succeeded(one.call_id)]
    run.texts.update(await reader.texts(run_id, [document for document in wanted if run.agenda.reads(document)]))
    for document in list(run.texts):
        if not run.agenda.reads(document):
            del run.texts[document]


def _made_again(run: LiveRun, choices: list[Choice], scores: list[Score], pairs: list[Pair]) -> Agenda:
    """In a thread: nobody else has the run yet."""
    past = Past(
        ended=run.progress.has_ended,
        succeeded=run.progress.has_succeeded,
        choices=[(item.phase, item.input, json.loads(item.documents)) for item in choices],
        scores=[(item.document, item.mean) for item in scores],
        judgements=[(item.input, item.a, item.b, item.winner) for item in pairs if item.phase == PAIRWISE_EVAL],
    )
    return Agenda(run.plan, past)


async def begin_agenda(run: LiveRun) -> None:
    """Queue what can be asked at once; what waits for something is queued when that is there."""

    def begun() -> tuple[Agenda, Moves]:
        # In a thread, where a large plan takes seconds: until its first calls are queued no call ends.
        agenda = run.agenda or Agenda(
            run.plan, Past(ended=run.progress.has_ended, succeeded=run.progress.has_succeeded)
        )
        return agenda, agenda.start()

    run.agenda, moves = await anyio.to_thread.run_sync(begun, abandon_on_cancel=True)
    run.sequel.carry_out(moves)
    if run.progress.all_ended:
        run.over.set()


async def queue_in_parts(run: LiveRun, calls: Sequence[PlannedCall]) -> None:
    """Queue them, each part when the one before is written."""
    for start in range(0, len(calls), BREATH):
        run.queue(calls[start : start + BREATH])
        if (start + BREATH) % AT_A_TIME == 0:
            await run.kit.ledger.flush()
        await anyio.lowlevel.checkpoint()


def end_phases_without_calls(run: LiveRun) -> None:
    """Say that phases have ended which an earlier life of the run left open with nothing more to do."""
    for phase in run.progress.goes_on(run.log.past.open_phases):
        run.log.report("phase_finished", {"phase": phase, "planned_calls": run.plan.phases[phase]})
