"""What is written down when a run is made: everything a later life of it needs to go on."""

import hashlib
from typing import Any

from services.executor.core.judging.prompts import judge_instructions, pair_instructions
from services.executor.core.planning.plan import max_requests_total
from services.executor.core.presets.preset import Document as Given
from services.executor.core.presets.preset import Preset
from services.executor.core.records import AnyRecord, Document, Instructions, NewRun
from services.executor.flows.before.prepare import Prepared
from shared.strict_json import dumps

MEASURES = frozenset({"size", "hash"})
"""What a config snapshot says of a document instead of its text."""


def run_planned(prepared: Prepared) -> dict[str, Any]:
    """The data of the first event."""
    return {
        "preset": prepared.preset.name,
        "phases": prepared.plan.phases_shown(),
        "planned_calls": prepared.plan.planned_calls,
        "max_requests_total": max_requests_total(prepared.preset, prepared.plan),
        "limits": prepared.preset.limits_shown(),
    }


def first_records(prepared: Prepared, *, run_id: str, epoch: str, created_ms: int) -> list[AnyRecord]:
    """The run, its documents and its instructions."""
    preset = prepared.preset
    documents = [_document(run_id, item) for item in preset.documents]
    made = NewRun(
        run_id=run_id,
        epoch=epoch,
        created_ms=created_ms,
        preset=preset.name,
        request_sha256=prepared.request_sha256,
        config=dumps(_snapshot(preset, documents)).decode(),
        planned_calls=prepared.plan.planned_calls,
        max_requests_total=max_requests_total(preset, prepared.plan),
    )
    return [made, *documents, *_instructions(run_id, preset)]


def _document(run_id: str, given: Given) -> Document:
    raw = given.text.encode()
    return Document(
        run_id=run_id,
        document_id=given.id,
        kind="input",
        input=given.input or given.id,
        bytes=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        text=given.text,
    )


def _instructions(run_id: str, preset: Preset) -> list[Instructions]:
    found = []
    if preset.generation:
        found.append(Instructions(run_id=run_id, phase="generation", text=preset.generation.instructions.text))
    if preset.single_eval:
        text = judge_instructions(preset.single_eval.criteria)
        found.append(Instructions(run_id=run_id, phase="single_eval", text=text))
    if preset.pairwise_eval:
        text = pair_instructions(preset.pair_criteria())
        found.append(Instructions(run_id=run_id, phase="pairwise_eval", text=text))
        if preset.combine:
            found.append(Instructions(run_id=run_id, phase="combine", text=preset.combine.instructions.text))
            found.append(Instructions(run_id=run_id, phase="post_combine_eval", text=text))
    return found


def _snapshot(preset: Preset, documents: list[Document]) -> dict[str, Any]:
    config = preset.model_dump(mode="json", by_alias=True, exclude={"documents"})
    listed = [
        {
            "id": item.document_id,
            "size": item.bytes,
            "hash": f"sha256:{item.sha256}",
            **given.model_dump(mode="json", include={"input", "generator"}, exclude_none=True),
        }
        for item, given in zip(documents, preset.documents, strict=True)
    ]
    return {"name": config.pop("name"), "documents": listed, **config}
