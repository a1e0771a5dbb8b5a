"""One research with GPT Researcher, on local documents only."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from researcher.offline import count_bytes_as_tokens
from researcher.progress import Progress
from researcher.task import Task


class NothingFoundError(Exception):
    """The research brought no passage of the documents; a report would be made up."""


class NoWeb:
    """Stands where GPT Researcher has a search engine, and finds nothing."""

    def __init__(self, query: str, query_domains: list[str] | None = None) -> None:
        """Takes what a search engine takes."""

    def search(self, max_results: int = 0) -> list[dict[str, Any]]:  # noqa: ARG002 - the shape of a search engine
        """No results."""
        return []


def only_questions(plan: Any) -> list[str]:
    """What of a planned outline is a question. A small model may answer with anything: then there are none but ours."""
    return [one for one in plan if isinstance(one, str) and one.strip()] if isinstance(plan, list) else []


def _accept_any_plan(conductor: ModuleType) -> None:
    planned = conductor.plan_research_outline

    async def plan(*arguments: Any, **settings: Any) -> list[str]:
        return only_questions(await planned(*arguments, **settings))

    conductor.__dict__["plan_research_outline"] = plan


async def research(task: Task, tell: Callable[[str], None]) -> str:
    """The report; raises ``NothingFoundError``, and whatever GPT Researcher raises."""
    count_bytes_as_tokens()
    agent = importlib.import_module("gpt_researcher.agent")
    agent.__dict__["get_retrievers"] = lambda _headers, _config: [NoWeb]
    _accept_any_plan(importlib.import_module("gpt_researcher.skills.researcher"))
    researcher = agent.GPTResearcher(
        query=task.query,
        report_type=task.report_type,
        report_source="local",
        websocket=Progress(tell),
        verbose=True,
    )
    # Its own reading of mistakes goes no further than its log: without this it would write of what it has not read.
    if not await researcher.conduct_research():
        raise NothingFoundError
    report = await researcher.write_report()
    return report if isinstance(report, str) else ""
