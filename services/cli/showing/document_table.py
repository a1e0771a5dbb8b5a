"""The documents of a run as a table: inputs, and what was made of them, by whom, and how that went. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.model_name import model_labels

Json = dict[str, Any]


def listed_documents(inputs: Iterable[Mapping[str, Any]], calls: Iterable[Mapping[str, Any]]) -> list[Json]:
    """Each document as ``{document, kind, input, provider, model, settings, by, status, bytes}``; ``kind``: input,
    generated, combined; ``by``: the kind of a generator that is not the usual one."""
    listed: list[Json] = [
        {
            "document": row.get("id"),
            "kind": "input",
            "input": row.get("input") or row.get("id"),
            **_maker(row.get("generator") or {}),
            "status": "there",
            "bytes": row.get("size", row.get("bytes")),
        }
        for row in inputs
    ]
    listed += [
        {
            "document": call.get("document"),
            "kind": "combined" if call.get("phase") == "combine" else "generated",
            "input": call.get("input"),
            **_maker(call),
            "status": call.get("status"),
            "bytes": None,
        }
        for call in calls
    ]
    return listed


def _maker(row: Mapping[str, Any]) -> Json:
    return {name: row.get(name) for name in ("provider", "model", "settings")} | {"by": row.get("kind")}


def document_table(listed: Iterable[Mapping[str, Any]]) -> Table:
    """A row a document."""
    table = Table(box=SIMPLE)
    for name in ("document", "kind", "model", "status"):
        table.add_column(name, no_wrap=name == "document")
    rows = list(listed)
    made_by = model_labels([{**row, "kind": row.get("by")} if row.get("model") else None for row in rows])
    for row, by in zip(rows, made_by, strict=True):
        table.add_row(
            Text(phrases.one_line(str(row["document"]))),
            str(row["kind"]),
            Text(by),
            phrases.status(str(row["status"])),
        )
    return table
