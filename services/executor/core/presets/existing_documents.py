"""Documents of an earlier run as documents of a new one: what they answer and who made them goes along."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.core.presets.preset import Generator, Model
from services.executor.core.records import Document
from shared.ids import is_run_id

DOCUMENTS_FROM = "documents_from"
LEFT_OUT = frozenset({"documents", "generation", "combine"})
"""What a preset says about making documents does not hold where they are there already."""

_KEYS = ("run", "documents")
_ID_CHARS = 100
_FINGERPRINT_CHARS = 8
_SHOWN_IDS = 20
_UNFIT = re.compile(r"[/\\~\x00-\x1f]+")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which documents are wanted: of this run, these, or None for those it has made (its inputs, if it made none)."""

    run: str
    documents: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a new run is to judge, and how the earlier one was told to judge."""

    run: str
    documents: list[Json]
    """As a config has them: ``{id, text, input, generator}``."""
    config: Json
    """The earlier run's own, without what made its documents."""


def source_mistakes(value: Any) -> list[Mistake]:
    """Everything that is wrong with the shape of ``documents_from``."""
    if not isinstance(value, dict):
        return [Mistake(DOCUMENTS_FROM, 'must be an object: {"run": RUN} or {"run": RUN, "documents": [ids]}')]
    found = [
        Mistake(f"{DOCUMENTS_FROM}.{str(key)[:100]}", f"unknown key; known here: {', '.join(_KEYS)}")
        for key in value
        if key not in _KEYS
    ]
    run, ids = value.get("run"), value.get("documents")
    if not isinstance(run, str) or not is_run_id(run):
        found.append(Mistake(f"{DOCUMENTS_FROM}.run", "must be the id of a run"))
    is_list = isinstance(ids, list) and ids and all(isinstance(one, str) for one in ids)
    if ids is not None and not is_list:
        found.append(Mistake(f"{DOCUMENTS_FROM}.documents", "must be a list of the ids of documents, or be left out"))
    return found


def source_of(request: Any) -> Source | None:
    """What a request says under ``documents_from``, None where it says nothing or what makes no sense."""
    value = request.get(DOCUMENTS_FROM) if isinstance(request, dict) else None
    if value is None or source_mistakes(value):
        return None
    return Source(run=value["run"], documents=value.get("documents"))


def chosen(source: Source, listed: Sequence[Document], config: Mapping[str, Any]) -> list[Document]:
    """The documents that are wanted, each once; raises ``InvalidPreset`` where there are none or not all."""
    made = [document for document in listed if document.kind != "input"]
    if source.documents is None:
        if not made and config.get("generation"):
            message = f"{source.run} has made no document; name its inputs under documents to judge those"
            raise InvalidPreset([Mistake(f"{DOCUMENTS_FROM}.run", message)])
        return made or list(listed)
    known = {document.document_id: document for document in listed}
    shown = ", ".join(list(known)[:_SHOWN_IDS]) + (", ..." if len(known) > _SHOWN_IDS else "")
    missing = [
        Mistake(f"{DOCUMENTS_FROM}.documents[{index}]", f"{source.run} has no document {name[:100]!r}; it has: {shown}")
        for index, name in enumerate(source.documents)
        if name not in known
    ]
    if missing:
        raise InvalidPreset(missing)
    return [known[name] for name in dict.fromkeys(source.documents)]


def as_new(documents: Sequence[Document], texts: Mapping[str, str], config: Mapping[str, Any]) -> list[Json]:
    """The documents as a config has them; ``config`` is the earlier run's."""
    ids = _new_ids([document.document_id for document in documents])
    listed = {item["id"]: item for item in config.get("documents", ())}
    new = []
    for document in documents:
        item: Json = {"id": ids[document.document_id], "text": texts[document.document_id]}
        if document.kind == "input":
            earlier = listed.get(document.document_id, {})
            item |= {key: earlier[key] for key in ("input", "generator") if earlier.get(key) is not None}
        else:
            item |= {"input": document.input, "generator": _generator(document, config)}
        new.append(item)
    return new


def _generator(document: Document, config: Mapping[str, Any]) -> Json:
    phase = "generation" if document.kind == "generated" else "combine"
    made_by: type[Model] = Generator if phase == "generation" else Model
    return made_by.model_validate(config[phase]["models"][document.generator or 0]).shown()


def _new_ids(ids: Sequence[str]) -> dict[str, str]:
    """An id made by a run holds what no document of a preset may be called; two stay two."""
    plain = {old: _UNFIT.sub(".", old) for old in ids}
    taken = Counter(plain.values())
    return {
        old: new if len(new) <= _ID_CHARS and taken[new] == 1 else _with_fingerprint(old, new)
        for old, new in plain.items()
    }


def _with_fingerprint(old: str, new: str) -> str:
    fingerprint = hashlib.sha256(old.encode()).hexdigest()[:_FINGERPRINT_CHARS]
    return f"{new[: _ID_CHARS - _FINGERPRINT_CHARS - 1]}-{fingerprint}"
