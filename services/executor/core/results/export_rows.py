"""One row a judgement, single and pair: for other programs (NDJSON) and for spreadsheets (CSV)."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.strict_json import dumps

Shown = dict[str, Any]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FIRST = ("run_id", "kind", "phase", "item_id", "call_id", "input", "document", "generator")
_PAIR = ("a", "a_generator", "b", "b_generator", "order", "winner")
_LAST = ("judge", "trial", "mean")


def judgement_rows(run: Mapping[str, Any]) -> Iterator[Shown]:
    """Every judgement there is in the results of a run (with ``run_id``): ``kind`` is ``single`` or ``pair``.

    One that is missing is no judgement; the results' ``plan`` says why it is.
    """
    for document in run["scores"]:
        for judgement in document["judgements"]:
            if judgement["scores"] is None:
                continue
            yield {
                "run_id": run["run_id"],
                "kind": "single",
                "phase": "single_eval",
                "item_id": judgement["item_id"],
                "call_id": judgement["call_id"],
                **{name: document[name] for name in ("input", "document", "generator")},
                **{name: judgement[name] for name in ("judge", "trial", "scores", "reasons", "mean")},
            }
    for pair in run["pairs"]:
        yield {"run_id": run["run_id"], "kind": "pair", **pair}


def ndjson(run: Mapping[str, Any]) -> bytes:
    """One line a judgement."""
    return b"".join(dumps(row) + b"\n" for row in judgement_rows(run))


def csv_text(run: Mapping[str, Any]) -> str:
    """One row a judgement below a row of names: a score and a reason for each criterion, and what pairs have.

    No cell is taken for a formula: text that begins like one gets an apostrophe before it.
    """
    rows = list(judgement_rows(run))
    criteria = list(dict.fromkeys(name for document in run["scores"] for name in document["criteria"]))
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    scores, reasons = [f"score: {name}" for name in criteria], [f"reason: {name}" for name in criteria]
    writer.writerow([_safe(name) for name in (*_FIRST, *_PAIR, *_LAST, *scores, *reasons, "reason")])
    writer.writerows(_cells(row, criteria) for row in rows)
    return out.getvalue()


def _cells(row: Mapping[str, Any], criteria: Sequence[str]) -> list[Any]:
    plain = [row.get(name) for name in (*_FIRST, *_PAIR, *_LAST)]
    given, why = row.get("scores") or {}, row.get("reasons") or {}
    return [
        _safe(_named(value))
        for value in (
            *plain,
            *(given.get(name) for name in criteria),
            *(why.get(name) for name in criteria),
            row.get("reason"),
        )
    ]


def _named(value: Any) -> Any:
    """A model as ``provider/model setting=value``."""
    if not isinstance(value, Mapping):
        return value
    settings = [f"{name}={setting}" for name, setting in (value.get("settings") or {}).items()]
    return " ".join([f"{value['provider']}/{value['model']}", *settings])


def _safe(value: Any) -> Any:
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", "")
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
