"""The documents of a run as a table: inputs, and what was made of them, by whom, and how that went. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases

Json = dict[str, Any]


def listed_documents(inputs: Iterable[Mapping[str, Any]], calls: Iterable[Mapping[str, Any]]) -> list[Json]:
    """Each document as ``{document, kind, input, provider, model, status, bytes}``; ``kind``: input, generated, combined."""
    listed: list[Json] = [
        {
            "document": row.get("id"),
            "kind": "input",
            "input": row.get("input") or row.get("id"),
            "provider": (row.get("generator") or {}).get("provider"),
            "model": (row.get("generator") or {}).get("model"),
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
            "provider": call.get("provider"),
            "model": call.get("model"),
            "status": call.get("status"),
            "bytes": None,
        }
        for call in calls
    ]
    return listed


def document_table(listed: Iterable[Mapping[str, Any]]) -> Table:
    """A row a document."""
    table = Table(box=SIMPLE)
    table.add_column("document", overflow="fold")
    for name in ("kind", "model", "status"):
        table.add_column(name)
    for row in listed:
        by = f"{row['provider']}/{row['model']}" if row.get("model") else phrases.UNKNOWN
        table.add_row(
            Text(phrases.one_line(str(row["document"]))),
            str(row["kind"]),
            Text(phrases.one_line(by, 80)),
            phrases.status(str(row["status"])),
        )
    return table
