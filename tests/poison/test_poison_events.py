"""An event that must not be taken is refused with its reason, counted, remembered and shown; the rest is as if it was not.

Each stands between two good events: the one before it is kept, the one after it waits for its producer to go on.
"""

from collections.abc import Iterator

import pytest

from services.process.problem import STATUS
from tests.poison.events import CLOUD_POISONS, MARK, POISONS, Poison
from tests.telemetry.server import Server, problem

GOOD = b'{"type":"myapp.good"}'
GOOD_CLOUD = b'{"specversion":"1.0","id":"g%d","source":"/s","type":"myapp.good"}'
NDJSON = "application/x-ndjson"
ARRAY = "application/json"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("poison"))
    server.start()
    yield server
    assert server.metric("acm2_faults_total") == 0, server.errors
    assert MARK not in server.errors
    server.close()


def rejected_total(service: Server, reason: str) -> float:
    start = f'acm2_events_rejected_total{{reason="{reason}"}}'
    lines = [line for line in service.get("/metrics").text.splitlines() if line.startswith(start)]
    return float(lines[0].split()[-1]) if lines else 0.0


def refused(service: Server, run: str, poison: Poison, body: bytes, content_type: str) -> None:
    """Send good, poison, good; everything the contract says of it must be so."""
    before = rejected_total(service, poison.type)
    answer = service.send(run, body, content_type)
    assert problem(answer) == (STATUS[poison.type], poison.type), answer.text
    told = answer.json()
    assert (told["accepted"], told["duplicates"], told["high_water"], told["expected"]) == (1, 0, 1, 2)
    [error] = told["errors"]
    assert error["index"] == 1
    assert error["path"] == poison.path
    assert error["message"]
    assert told["title"]
    assert rejected_total(service, poison.type) == before + 1
    kept = service.get(f"/runs/{run}/rejected").json()
    assert kept["count"] == 1
    assert [(one["reason"], one["path"], one["index"]) for one in kept["rejected"]] == [(poison.type, poison.path, 1)]
    known = service.run(run)
    assert (known["rejected"], known["count"]) == (1, 1)
    assert [line["type"] for line in service.lines(run)] == ["myapp.good"]
    # The producer goes on behind it.
    assert service.send(run, GOOD, ARRAY).json()["high_water"] == 2


@pytest.mark.parametrize("poison", POISONS, ids=lambda poison: poison.name)
def test_a_poisoned_line_is_refused_by_itself(service: Server, run: str, poison: Poison) -> None:
    refused(service, run, poison, b"\n".join([GOOD, poison.text, GOOD]), NDJSON)


@pytest.mark.parametrize(
    "poison", [poison for poison in POISONS if poison.type != "invalid-event"], ids=lambda poison: poison.name
)
def test_a_poisoned_element_of_an_array_keeps_what_stands_before_it_or_nothing(
    service: Server, run: str, poison: Poison
) -> None:
    answer = service.send(run, b"[" + b",".join([GOOD, poison.text, GOOD]) + b"]", ARRAY)
    assert problem(answer) == (STATUS[poison.type], poison.type), answer.text
    told = answer.json()
    assert told["errors"][0]["index"] == told["accepted"] == told["high_water"]
    assert told["accepted"] == 1 or poison.type == "not-json"
    assert service.get(f"/runs/{run}/rejected").json()["count"] == 1


@pytest.mark.parametrize("poison", CLOUD_POISONS, ids=lambda poison: poison.name)
def test_a_poisoned_cloud_event_is_refused_by_itself(service: Server, run: str, poison: Poison) -> None:
    body = b"[" + b",".join([GOOD_CLOUD % 1, poison.text, GOOD_CLOUD % 2]) + b"]"
    refused(service, run, poison, body, "application/cloudevents-batch+json")


def test_a_viewer_is_shown_that_something_was_refused(service: Server, run: str) -> None:
    service.send(run, GOOD, ARRAY)
    with service.stream(f"/runs/{run}/live") as stream:
        first = stream.until("status_update")[-1]
        assert first.data["rejected"] == 0
        service.send(run, POISONS[0].text, ARRAY)
        assert stream.until("status_update")[-1].data["rejected"] == 1


def test_a_refused_event_of_a_producers_own_numbers_leaves_its_number_free(service: Server, run: str) -> None:
    poisoned = b'{"type":"log","seq":2,"epoch":"k","data":{"message":5}}'
    first = b'{"type":"myapp.good","seq":1,"epoch":"k"}'
    answer = service.send(run, first + b"\n" + poisoned, NDJSON)
    assert problem(answer) == (422, "invalid-event")
    assert answer.json()["expected"] == 2
    report = b'{"type":"client_report","seq":2,"epoch":"k","data":{"discarded":[{"reason":"refused","quantity":1}]}}'
    assert service.send(run, report, ARRAY).json()["high_water"] == 2
    assert service.run(run)["stats"]["discarded"] == 1
