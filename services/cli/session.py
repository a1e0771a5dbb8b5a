"""One preset from start to scores: the services, the run, its progress, its results, its exit code."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio

from services.cli.clients.addresses import Addresses
from services.cli.clients.executor_client import ExecutorClient, executor_at
from services.cli.errors import CommandError, WrongUsage
from services.cli.evaluation import Evaluation, follow, started
from services.cli.exit_of import exit_code
from services.cli.interrupts import Interrupts, interrupts
from services.cli.presets.wish import Wish
from services.cli.processes.leaving_on import leaving_on
from services.cli.processes.services_up import Running, Wanted, services_up
from services.cli.showing.consoles import Consoles, print_json
from services.cli.showing.plan_text import is_worth_asking, plan_lines
from services.cli.showing.result_tables import result_parts
from services.cli.typed_answer import typed_yes
from services.cli.watching import PATIENCE_S
from services.process.exit_codes import CTRL_C

Json = dict[str, Any]
Agree = Callable[[Json], Awaitable[None]]
"""Show the plan of a question to the person and have it agreed to; raises ``WrongUsage`` where it is not."""

Begin = Callable[[ExecutorClient, Agree], Awaitable[Json]]


@dataclass(frozen=True, kw_only=True)
class Session:
    """What is run where, and how it is shown.

    ``begin`` starts or resumes the run; its answer is the executor's. ``yes``: nobody is asked whether it may start.
    ``stay``: after the run the services stay until Ctrl-C. ``page_is_result``: the page's address goes to stdout.
    """

    begin: Begin
    label: str | None
    where: Addresses
    wanted: Wanted
    shown: Consoles
    json: bool = False
    yes: bool = False
    stay: bool = False
    page_is_result: bool = False
    patience_s: float = PATIENCE_S


async def start(wish: Wish, executor: ExecutorClient, agree: Agree) -> Json:
    """Start the run that is wished for, once it is agreed to."""
    asked = await wish.question(executor)
    await agree(asked)
    return await executor.start(asked)


async def run_session(session: Session) -> int:
    """Run it to its end and show the results; the exit code says how it ended."""
    async with interrupts() as seen, _services(session, seen) as running, executor_at(running.executor_url) as executor:
        answer = await _begun(session, executor, seen)
        evaluation = started(
            answer,
            telemetry_said=session.where.telemetry if session.where.telemetry_said else None,
            telemetry_default=running.telemetry_url,
            preset=session.label,
        )
        _announce(session, evaluation)
        status = await follow(evaluation, executor, session.shown, seen, running, patience_s=session.patience_s)
        if status is None:
            return CTRL_C
        await _show_end(session, evaluation, status, executor)
        if session.stay and not seen.first.is_set():
            session.shown.note("the page stays up until Ctrl-C")
            async with leaving_on(seen.first, running.executor_lost):
                await anyio.sleep_forever()
            failure = running.failure()
            if failure is not None:
                session.shown.note(str(failure))
        return exit_code(status)


async def start_detached(session: Session) -> None:
    """Begin the run at services that are there already, and leave it to them."""
    async with interrupts() as seen, executor_at(session.where.executor) as executor:
        answer = await _begun(session, executor, seen)
    if session.json:
        print_json(answer)
        return
    session.shown.result(answer["run_id"])
    session.shown.note(f"page   {(answer.get('links') or {}).get('page')}")


@asynccontextmanager
async def _services(session: Session, seen: Interrupts) -> AsyncIterator[Running]:
    if session.where.said:
        yield Running(executor_url=session.where.executor, telemetry_url=session.where.telemetry)
        return
    async with services_up(session.wanted, session.shown.note, seen) as running:
        yield running


def _announce(session: Session, evaluation: Evaluation) -> None:
    say = session.shown.result if session.page_is_result and not session.json else session.shown.note
    say(f"run   {evaluation.run_id}")
    say(f"page  {evaluation.page}")


async def _show_end(session: Session, evaluation: Evaluation, status: str, executor: ExecutorClient) -> None:
    try:
        results = await executor.results(evaluation.run_id)
    except CommandError as error:
        session.shown.note(f"the results could not be read: {error}")
        results = {}
        if not session.json:
            return
    if session.json:
        print_json({"run_id": evaluation.run_id, "status": status, "results": results})
    else:
        session.shown.show(result_parts(results))


async def _begun(session: Session, executor: ExecutorClient, seen: Interrupts) -> Json:
    """The executor's answer, its plan shown: to a person before, in a log after."""
    to_a_person = not session.yes and sys.stdin.isatty() and session.shown.err.is_terminal

    async def agree(asked: Json) -> None:
        if to_a_person:
            await _agreed(await executor.plan(asked), session.shown, seen)

    answer = await session.begin(executor, agree)
    if not to_a_person:
        _show_plan(answer.get("plan"), session.shown)
    return answer


async def _agreed(plan: Json, shown: Consoles, seen: Interrupts) -> None:
    _show_plan(plan, shown)
    # What cannot be started is the executor's to refuse, with every reason.
    if plan.get("missing") or not is_worth_asking(plan):
        return
    if not await typed_yes("Start it?", shown, seen):
        raise WrongUsage("not started")


def _show_plan(plan: Mapping[str, Any] | None, shown: Consoles) -> None:
    for line in plan_lines(plan) if plan else ():
        shown.note(line)
