"""Runs side by side: what each brought, what it cost, and in what they were told differently."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.executor.core.ranking.means import mean
from services.executor.core.ranking.ranking import generator_key

Shown = dict[str, Any]
Run = Mapping[str, Any]

_ABSENT = object()
_MODEL = (
    "mean",
    "low",
    "high",
    "no_interval",
    "rating",
    "rating_low",
    "rating_high",
    "win_rate",
    "win_rate_low",
    "win_rate_high",
)
_COST = ("cost_usd", "cost_per_document_usd", "unpriced_attempts", "judged", "missing")
_TEXT_CHARS = 200


def compare_runs(runs: Sequence[Run], configs: Sequence[Mapping[str, Any]]) -> Shown:
    """``{runs, models, criteria, documents, costs, differs}``; each list inside has one place for each run, in order.

    ``runs`` are results with ``run_id``, ``status``, ``preset``. A place is None where a run has no such thing.
    """
    return {
        "runs": [_brief(run) for run in runs],
        "models": _models(runs),
        "criteria": _criteria(runs),
        "documents": _documents(runs),
        "costs": _costs(runs),
        "differs": differences(configs),
    }


def _brief(run: Run) -> Shown:
    names = ("run_id", "status", "preset", "answer", "cheapest_within", "ranking", "post_combine", "winners", "pareto")
    phases = [{name: row[name] for name in ("phase", "planned", "succeeded")} for row in run["plan"]]
    return {**{name: run[name] for name in names}, "costs": run["costs"]["total"], "phases": phases}


def _models(runs: Sequence[Run]) -> list[Shown]:
    found: dict[str, Mapping[str, Any]] = {}
    by_run = [{generator_key(model): model for model in run["models"]} for run in runs]
    for models in by_run:
        for key, model in models.items():
            found.setdefault(key, model)
    return [
        {
            **{name: model[name] for name in ("provider", "model", "settings", "kind") if name in model},
            "in": [
                {name: models[key][name] for name in (*_MODEL, *_COST)} if key in models else None for models in by_run
            ],
        }
        for key, model in found.items()
    ]


def _criteria(runs: Sequence[Run]) -> list[Shown]:
    """The mean of each criterion over all verdicts of a run."""
    by_run: list[dict[str, list[float]]] = []
    for run in runs:
        values: dict[str, list[float]] = {}
        for document in run["scores"]:
            for name in document["criteria"]:
                values.setdefault(name, [])
            for judgement in document["judgements"]:
                for name, score in (judgement["scores"] or {}).items():
                    values.setdefault(name, []).append(score)
        by_run.append(values)
    names = dict.fromkeys(name for values in by_run for name in values)
    return [{"name": name, "means": [mean(values.get(name, [])) for values in by_run]} for name in names]


def _documents(runs: Sequence[Run]) -> list[Shown]:
    by_run = [{(item["input"], item["document"]): item for item in run["scores"]} for run in runs]
    names = dict.fromkeys(name for documents in by_run for name in documents)
    return [
        {
            "input": name[0],
            "document": name[1],
            "means": [documents[name]["mean"] if name in documents else None for documents in by_run],
        }
        for name in names
    ]


def _costs(runs: Sequence[Run]) -> list[Shown]:
    """A row for each phase and one for the total (``phase`` None)."""
    phases = [{row["phase"]: row for row in run["costs"]["by_phase"]} for run in runs]
    names = dict.fromkeys(name for found in phases for name in found)
    rows = [{"phase": name, "in": [_cost(found.get(name)) for found in phases]} for name in names]
    return [*rows, {"phase": None, "in": [_cost(run["costs"]["total"]) for run in runs]}]


def _cost(row: Mapping[str, Any] | None) -> Shown | None:
    return None if row is None else {name: value for name, value in row.items() if name != "phase"}


def differences(configs: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """``{path, values}`` of every place where the configs are not all the same; a value that is not there is None.

    Long texts are cut; where they differ beyond the cut, they still stand here.
    """
    flat = [dict(_leaves("", config)) for config in configs]
    paths = dict.fromkeys(path for leaves in flat for path in leaves)
    found = []
    for path in paths:
        values = [leaves.get(path, _ABSENT) for leaves in flat]
        if any(value != values[0] or type(value) is not type(values[0]) for value in values[1:]):
            found.append({"path": path, "values": [None if value is _ABSENT else _cut(value) for value in values]})
    return found


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list) and value:
        for key, inner in _keyed(value):
            yield from _leaves(f"{path}[{key}]", inner)
    elif value is not None:
        yield path, value


def _keyed(values: Sequence[Any]) -> list[tuple[str, Any]]:
    """Items by their name where they have one, so that an item more does not make all after it differ."""
    names = [_name(value) for value in values]
    if None not in names and len(set(names)) == len(names):
        return [(str(name), value) for name, value in zip(names, values, strict=True)]
    return [(str(index), value) for index, value in enumerate(values)]


def _name(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None
    if "provider" in value and "model" in value:
        return f"{value['provider']}/{value['model']}"
    name = value.get("id") or value.get("name")
    return None if name is None else str(name)


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _TEXT_CHARS:
        return f"{value[:_TEXT_CHARS]}... ({len(value)} characters)"
    return value
