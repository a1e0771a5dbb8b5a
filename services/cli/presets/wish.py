"""What is to be run: a preset with its changes, perhaps on the documents of an earlier run."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.clients.executor_client import ExecutorClient
from services.cli.errors import WrongUsage
from services.cli.executors_run import executors_run
from services.cli.presets.overrides import Patch, names_items, with_lists
from services.cli.presets.preset_input import question, settings_patch

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A question to the executor, as far as it can be put together without asking it."""

    body: Json
    telemetry_url: str
    documents_from: str | None = None
    documents: tuple[str, ...] = ()

    @property
    def label(self) -> str | None:
        """The preset's name, where there is one."""
        return self.body.get("preset") or (self.body.get("config") or {}).get("name")

    async def question(self, executor: ExecutorClient) -> Json:
        """The body of ``POST /plan`` and ``POST /runs``; raises ``WrongUsage`` for a run or list item that is not there."""
        body = dict(self.body)
        source = None
        if self.documents_from is not None:
            source = await executors_run(self.documents_from, executor, self.telemetry_url)
            body["documents_from"] = {"run": source} | ({"documents": list(self.documents)} if self.documents else {})
        overrides: Patch = body.get("overrides") or {}
        if names_items(overrides):
            base = await self._base(executor, source)
            reader = importlib.import_module("services.cli.presets.preset_file")
            body["overrides"] = reader.inlined(with_lists(overrides, base))
        return body

    async def _base(self, executor: ExecutorClient, source: str | None) -> Json:
        name = self.body.get("preset")
        if name is not None:
            return await executor.preset(str(name))
        run = await executor.run(source or "")
        config: Json = run.get("config") or {}
        return config


def wish(
    preset: str | None,
    settings: Sequence[str],
    *,
    telemetry_url: str,
    documents_from: str | None = None,
    documents: Sequence[str] = (),
) -> Wish:
    """What was typed, with every file it names read; raises ``WrongUsage`` for what cannot be asked."""
    if preset is None and documents_from is None:
        raise WrongUsage("PRESET is missing: a name (see: acm2 presets) or the path of a file, or --documents-from RUN")
    if documents and documents_from is None:
        raise WrongUsage("--document names documents of a run; say which with --documents-from RUN")
    return Wish(
        body=question(preset, settings_patch(settings)),
        telemetry_url=telemetry_url,
        documents_from=documents_from,
        documents=tuple(documents),
    )
