"""Writes the golden files: logs, what they fold to, and a log's digest. ``python -m tests.golden.make`` after a change.

Look at the difference before you keep it: the numbers in these files are a promise to everybody who reads the stream.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.digest import EMPTY, extend
from shared.stored import write_line
from shared.strict_json import dumps
from tests.golden.folding import seen_as
from tests.golden.log_builder import Event
from tests.golden.scenarios import SCENARIOS, events_of

FOLDER = Path(__file__).parent


def line_of(event: Event) -> bytes:
    """The stored line of an event."""
    return write_line(
        type_=event["type"],
        run_id=event["run_id"],
        seq=event["seq"],
        epoch=event["epoch"],
        id_=event.get("id"),
        time=event["time"],
        data=dumps(event["data"]),
    )


def golden_files() -> Iterator[tuple[Path, str]]:
    """Each file's path and what it should hold."""
    for name, scenario in SCENARIOS.items():
        events = events_of(scenario)
        yield FOLDER / "fold" / f"{name}.json", _readable({"name": name, "events": events} | seen_as(events))
    lines = [line_of(event) for event in events_of(SCENARIOS["somebodys_own_events"])]
    digests = [extend(EMPTY, lines[:count]).hex() for count in range(len(lines) + 1)]
    yield FOLDER / "digest.json", _readable({"lines": [line.decode("ascii") for line in lines], "digests": digests})


def _readable(golden: dict[str, Any]) -> str:
    """One line for each event and each number, so that a change shows as what it is."""
    parts = [f"{json.dumps(name)}: {_spread(value)}" for name, value in golden.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _spread(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n " + ",\n ".join(json.dumps(item) for item in value) + "\n]"
    if isinstance(value, dict) and value:
        return "{\n " + ",\n ".join(f"{json.dumps(name)}: {json.dumps(item)}" for name, item in value.items()) + "\n}"
    return json.dumps(value)


if __name__ == "__main__":
    for path, text in golden_files():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
