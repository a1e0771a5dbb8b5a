"""A run's snapshot is whole: the same plan can be made of it when preset, library and files are gone."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from services.executor.adapters.content.library import Library
from services.executor.adapters.content.presets import PresetFolders
from services.executor.core.planning.plan import make_plan
from services.executor.core.records import Document, NewRun, StoredRun
from services.executor.flows.before.prepare import Preparer
from services.executor.flows.runs.first_records import first_records
from services.executor.flows.runs.revive import preset_of
from tests.executor.configs import no_list

BASE = """
documents: ['library:letter', {id: b, text: B., input: letter, generator: {provider: x, model: y, settings: {seed: 1}}}, a.md]
single_eval: {criteria: 'library:fair', judges: [{provider: scripted, model: j.json, seed: 4, json: object}], trials: 2}
pairwise_eval: {judges: [{provider: scripted, model: j.json}], top_n: 2}
limits: {phase_timeout_s: {pairwise_eval: 60}, providers: {scripted: {concurrency: 2}}}
seed: 7
"""
MAKING = """
extends: base
documents: ['library:letter', a.md]
generation:
  instructions: 'library:brief'
  models:
    - {provider: scripted, model: w.json, stop: [END], reasoning_effort: low, api: chat}
    - {provider: scripted, model: w.json, price: {input_per_mtok: 1, output_per_mtok: 2}}
  iterations: 2
combine: {instructions: 'library:brief', models: [{provider: scripted, model: w.json, top_p: 0.5}]}
"""


class Texts:
    """The texts of the documents that were written down."""

    def __init__(self, documents: list[Document]) -> None:
        self._texts = {document.document_id: document.text for document in documents}

    async def texts(self, _run_id: str, wanted: list[str]) -> dict[str, str | None]:
        return {name: self._texts[name] for name in wanted}


@pytest.mark.parametrize(("name", "planned"), [("base", 8), ("making", 42)])
async def test_a_run_is_planned_again_from_its_snapshot_alone(tmp_path: Path, name: str, planned: int) -> None:
    for kind, file, text in (
        ("documents", "letter.md", "Dear."),
        ("instructions", "brief.md", "Be brief."),
        ("criteria", "fair.yaml", "[Fair]"),
    ):
        (tmp_path / "library" / kind).mkdir(parents=True)
        (tmp_path / "library" / kind / file).write_text(text)
    (tmp_path / "a.md").write_text("A.")
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "making.yaml").write_text(MAKING)
    presets = PresetFolders(tmp_path, None, Library(tmp_path / "library"))
    prepared = Preparer(presets=presets, price_of=no_list, environ={}).prepare({"preset": name})
    shutil.rmtree(tmp_path)
    made, *others = first_records(prepared, run_id="r", epoch="e", created_ms=0)
    assert isinstance(made, NewRun)
    assert made.planned_calls == planned
    documents = [record for record in others if isinstance(record, Document)]
    again = await preset_of(stored(made), as_reader(documents))
    assert again == prepared.preset
    assert list(make_plan(again).calls()) == list(prepared.plan.calls())
    config = json.loads(made.config)
    assert not {"library:", "extends"} & {word for word in ("library:", "extends") if word in made.config}
    assert all(set(item) >= {"id", "size", "hash"} and "text" not in item for item in config["documents"])


def stored(made: NewRun) -> StoredRun:
    return StoredRun(
        run_id=made.run_id,
        epoch=made.epoch,
        created_ms=0,
        preset=made.preset,
        request_sha256=made.request_sha256,
        config=made.config,
        planned_calls=made.planned_calls,
        max_requests_total=made.max_requests_total,
        status=made.status,
        reason=None,
        finished_ms=None,
        stats=None,
        delivered_seq=0,
        discarded=0,
        stopped=None,
    )


def as_reader(documents: list[Document]) -> Any:
    return Texts(documents)
