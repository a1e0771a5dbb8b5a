"""A whole executor with real workers, the fake research program, and a provider that counts."""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx

from services.executor.app import Executor, open_executor
from services.executor.config import Config
from tests.executor.living import command_of, living_children
from tests.executor.research_provider import ResearchProvider
from tests.executor.service import BASE, NO_TELEMETRY, ROOT

PROGRAM = Path(__file__).parent / "fake_researcher.py"
FAKE = (sys.executable, str(PROGRAM))
KEY = "sk-canary-research-9a1e"
Json = dict[str, Any]


class Lab:
    """Starts researches and looks at what came of them."""

    def __init__(self, executor: Executor, asked: httpx.AsyncClient, folder: Path) -> None:
        self.executor = executor
        self.asked = asked
        self.folder = folder

    async def start(self, *words: str, limits: Json | None = None, docs: int = 1, **model: Any) -> None:
        """Start a run of one research a document; its question is these words."""
        answer = await self.asked.post(
            "/runs", json={"config": config(*words, limits=limits, docs=docs, **model), "run_id": "r"}
        )
        assert answer.status_code == 201, answer.text

    async def run(self, *words: str, **parts: Any) -> Json:
        """Start it and see it to its end."""
        await self.start(*words, **parts)
        return await self.over()

    async def over(self) -> Json:
        """The run once it is over, with nothing left of its researches."""
        await self.until(lambda run: run["status"] not in {"planned", "running", "paused", "cancelling"})
        assert self.programs() == []
        assert list((self.folder / "executor" / "research").glob("*")) == []
        return await self.found()

    async def found(self) -> Json:
        """The run."""
        run: Json = (await self.asked.get("/runs/r")).json()
        return run

    async def until(self, condition: Callable[[Json], object]) -> None:
        """Return when the run is so."""
        with anyio.fail_after(60):
            while True:
                if condition(await self.found()):
                    return
                await anyio.sleep(0.01)

    async def call(self) -> Json:
        """The first call."""
        first: Json = (await self.asked.get("/runs/r/calls")).json()["calls"][0]
        return first

    async def report(self) -> Any:
        """What the program saw."""
        listed = (await self.asked.get("/runs/r/calls")).json()["calls"][0]
        return json.loads((await self.asked.get(f"/runs/r/documents/{listed['document']}")).text)

    async def events(self) -> list[tuple[str, Json]]:
        """The run's events."""
        ledger = self.executor.runs._kit.ledger
        await ledger.flush()
        lines = await ledger.lines("r", after=0, most=100_000, most_bytes=1 << 28)
        return [(event["type"], event["data"]) for event in map(json.loads, lines)]

    def programs(self) -> list[int]:
        """Research programs that run."""
        return [child.pid for child in living_children() if str(PROGRAM) in command_of(child)]


def config(*words: str, limits: Json | None = None, docs: int = 1, **model: Any) -> Json:
    """One research a document."""
    documents = [{"id": f"doc_{number}", "text": "Der Teig ging über."} for number in range(1, docs + 1)]
    maker = {"provider": "mylab", "model": "m1", "kind": "gpt_researcher", **model}
    return {
        "name": "test",
        "documents": documents,
        "generation": {"instructions": {"text": " ".join(words)}, "models": [maker]},
        "limits": {"max_attempts": 2, **(limits or {})},
    }


@asynccontextmanager
async def lab(
    folder: Path,
    provider: ResearchProvider,
    *,
    researcher: tuple[str, ...] | None = FAKE,
    python: Path | None = None,
    **environ: str,
) -> AsyncIterator[Lab]:
    """The executor, asked directly; nothing of it is left at the end."""
    (folder / "executor").mkdir(exist_ok=True)
    own = {"PYTHONPATH": str(ROOT), "MYLAB_BASE_URL": provider.base_url, "MYLAB_API_KEY": KEY, **environ}
    settings: Any = {"data_dir": folder, "workers": 1, "telemetry_url": NO_TELEMETRY, "retry_base_s": 0.01}
    settings["gpt_researcher_python"] = python or Path(sys.executable)
    async with open_executor(Config(**settings), environ={**os.environ, **own}, researcher=researcher) as executor:
        with anyio.fail_after(60):
            await executor.workers.ready()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=executor.app), base_url=BASE) as asked:
            yield Lab(executor, asked, folder)
