"""Runs as JSON, deletion, producers, receipts, probes, metrics, documents."""

import hashlib
import json
from typing import Any

import msgspec
import pytest

from services.telemetry.web.shapes import ProblemDocument, ProducerShown, RejectedList, RunList, RunShown, Taken
from shared.events import DATA
from tests.telemetry.server import Server, finished, log, numbered, problem, step


def digest_of(lines: list[str]) -> str:
    value = b""
    for line in lines:
        value = hashlib.sha256(value + line.encode()).digest()
    return value.hex()


def test_a_run_shows_its_log_its_numbers_and_its_fingerprint(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, {"type": "run_started", "data": {"reason": "go"}}, log("ä")))
    shown = telemetry.run(run)
    lines = telemetry.get(f"/runs/{run}/events?poll=1").text.splitlines()
    assert (shown["status"], shown["reason"], shown["first"], shown["last"], shown["count"]) == (
        "running",
        "go",
        1,
        2,
        2,
    )
    assert shown["digest"] == digest_of(lines)
    assert (shown["position"], shown["complete"], shown["producer"], shown["rejected"]) == ("k3v9-2", None, None, 0)
    assert shown["links"]["page"] == f"{telemetry.url}/?run={run}"
    msgspec.convert(shown, RunShown)


@pytest.mark.parametrize(
    ("claim", "complete"),
    [
        ({}, None),
        ({"events": 2}, True),
        ({"events": 3}, False),
        ({"digest": "right"}, True),
        ({"events": 2, "digest": "right"}, True),
        ({"events": 2, "digest": "0" * 64}, False),
    ],
)
def test_complete_says_whether_the_producers_claim_agrees(
    telemetry: Server, run: str, claim: dict[str, Any], complete: bool | None
) -> None:
    telemetry.post(run, *numbered(1, log("1"), log("2")))
    right = telemetry.run(run)["digest"]
    assert telemetry.run(run)["complete"] is None
    claim = {name: right if value == "right" else value for name, value in claim.items()}
    telemetry.post(run, *numbered(3, finished(**claim)))
    assert telemetry.run(run)["complete"] is complete
    telemetry.post(run, *numbered(4, {"type": "run_resumed", "data": {}}))
    assert telemetry.run(run)["complete"] is None
    telemetry.post(run, *numbered(5, finished(events=4)))
    assert telemetry.run(run)["complete"] is True


def test_runs_are_listed_youngest_first_page_by_page(own: Server) -> None:
    for number in range(5):
        own.post(f"r{number}", step())
    own.post("r0", finished())
    first = own.get("/runs?limit=2").json()
    assert [one["run_id"] for one in first["runs"]] == ["r4", "r3"]
    second = own.get(f"/runs?limit=2&before={first['next']}").json()
    third = own.get(f"/runs?limit=2&before={second['next']}").json()
    assert [one["run_id"] for one in [*second["runs"], *third["runs"]]] == ["r2", "r1", "r0"]
    assert third["next"] is None
    assert third["runs"][0]["status"] == "completed"
    msgspec.convert(first, RunList)
    assert problem(own.get("/runs?limit=0")) == (422, "invalid-parameter")


def test_a_deleted_run_is_gone_for_good_and_its_viewers_are_told(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1")))
    with telemetry.stream(f"/runs/{run}/events") as log_stream, telemetry.stream(f"/runs/{run}/live") as live:
        log_stream.take(2)
        live.until("fpf_stats_update")
        for _ in range(2):
            assert telemetry.client.delete(f"{telemetry.url}/runs/{run}").status_code == 204
        for stream in (log_stream, live):
            [end] = stream.rest()
            assert (end.event, end.data["status"], end.data["resumable"]) == ("end", "deleted", False)
    for path in ("", "/events", "/live", "/events?poll=1", "/rejected"):
        assert problem(telemetry.get(f"/runs/{run}{path}")) == (410, "run-expired")
    late = telemetry.post(run, *numbered(2, log("2")))
    assert problem(late) == (410, "run-expired")
    assert (late.json()["accepted"], late.json()["duplicates"]) == (0, 0)
    assert run not in [one["run_id"] for one in telemetry.get("/runs?limit=1000").json()["runs"]]


def test_an_active_run_cannot_be_deleted_and_an_unknown_one_is_not_there(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, {"type": "run_started", "data": {}}))
    answer = telemetry.client.delete(f"{telemetry.url}/runs/{run}")
    assert problem(answer) == (409, "run-active")
    telemetry.post(run, *numbered(2, {"type": "run_interrupted", "data": {}}))
    assert telemetry.client.delete(f"{telemetry.url}/runs/{run}").status_code == 204
    assert problem(telemetry.client.delete(f"{telemetry.url}/runs/{run}x")) == (404, "unknown-run")


def test_a_sign_of_life_for_an_unknown_run_is_shown_and_makes_no_run(telemetry: Server, run: str) -> None:
    answer = telemetry.client.put(f"{telemetry.url}/runs/{run}/producer", json={"produced": 3, "pending": 3})
    msgspec.convert(answer.json(), ProducerShown)
    assert problem(telemetry.get(f"/runs/{run}")) == (404, "unknown-run")
    with telemetry.stream(f"/runs/{run}/live") as stream:
        assert stream.next().data["producer"]["state"] == "live"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"produced":-1}', (422, "invalid-parameter")),
        (b'{"pending":"x"}', (422, "invalid-parameter")),
        (b"[]", (422, "invalid-parameter")),
        (b"nonsense", (400, "not-json")),
        (b"", (400, "not-json")),
    ],
)
def test_a_wrong_sign_of_life_is_refused(telemetry: Server, run: str, body: bytes, expected: tuple[int, str]) -> None:
    answer = telemetry.client.put(f"{telemetry.url}/runs/{run}/producer", content=body)
    assert problem(answer) == expected


def test_a_page_reports_what_it_got(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1")))
    receipt = {"position": "k3v9-1", "received": 1}
    assert telemetry.client.post(f"{telemetry.url}/runs/{run}/receipts", json=receipt).status_code == 204
    assert telemetry.run(run)["receipts"] == {"count": 1, "faulty": 0, "ahead": 0, **receipt}
    wrong = telemetry.client.post(f"{telemetry.url}/runs/{run}/receipts", json={"received": "x"})
    assert problem(wrong) == (422, "invalid-parameter")


def test_what_is_counted_is_shown_and_names_no_run(telemetry: Server, run: str) -> None:
    before = telemetry.metric("acm2_events_accepted_total")
    telemetry.post(run, *numbered(1, log("1"), log("2")))
    telemetry.post(run, *numbered(1, log("1"), log("2")))
    telemetry.post(run, {"type": "nope"})
    assert telemetry.metric("acm2_events_accepted_total") == before + 2
    assert telemetry.metric("acm2_events_duplicate_total") >= 2
    assert telemetry.metric('acm2_events_rejected_total{reason="invalid-event"}') >= 1
    telemetry.client.put(f"{telemetry.url}/runs/{run}/producer", json={"produced": 9, "pending": 3})
    assert telemetry.metric("acm2_unaccounted_events") >= 4
    with telemetry.stream(f"/runs/{run}/live") as stream:
        stream.next()
        assert telemetry.metric('acm2_subscribers{stream="live"}') >= 1
    assert run not in telemetry.get("/metrics").text


def test_probes_answer(telemetry: Server) -> None:
    assert telemetry.get("/health/live").json()["status"] == "live"
    assert telemetry.get("/health/ready").json()["status"] == "ready"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere", (404, "not-found")),
        ("GET", "/runs/a/nowhere", (404, "not-found")),
        ("GET", "/static/nowhere.js", (404, "not-found")),
        ("DELETE", "/runs/a/events", (405, "method-not-allowed")),
        ("PATCH", "/runs/a", (405, "method-not-allowed")),
        ("POST", "/metrics", (405, "method-not-allowed")),
        ("POST", "/static/x.js", (405, "method-not-allowed")),
    ],
)
def test_every_error_is_a_problem_document(
    telemetry: Server, method: str, path: str, expected: tuple[int, str]
) -> None:
    answer = telemetry.client.request(method, telemetry.url + path)
    assert problem(answer) == expected
    if answer.status_code == 405:
        assert "GET, HEAD" in answer.headers["allow"]


def test_a_stranger_is_not_let_in(telemetry: Server, run: str) -> None:
    assert problem(telemetry.get("/runs", Host="evil.example")) == (403, "forbidden")
    assert problem(telemetry.post(run, step(), Origin="https://evil.example")) == (403, "forbidden")
    answer = telemetry.get("/runs", Origin="http://localhost:9999")
    assert answer.headers["access-control-allow-origin"] == "http://localhost:9999"
    with telemetry.stream(f"/runs/{run}/live", Origin="http://localhost:9999") as stream:
        assert stream.next().event == "hello"


def test_the_openapi_document_describes_every_route_and_every_event(telemetry: Server) -> None:
    document = telemetry.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}:
        assert reference in document["components"]["schemas"]
    types = document["components"]["schemas"]["Event"]["properties"]["type"]["anyOf"][0]["enum"]
    assert types == list(DATA)
    for path, methods in document["paths"].items():
        answer = telemetry.client.options(telemetry.url + path.replace("{run_id}", "some-run"))
        allowed = {method.lower() for method in answer.headers["allow"].split(", ")} - {"head"}
        assert allowed == set(methods), path


def test_the_answers_have_the_shapes_of_the_document(telemetry: Server, run: str) -> None:
    msgspec.convert(telemetry.post(run, step()).json(), Taken)
    msgspec.convert(telemetry.post(run, {"type": "nope"}).json(), ProblemDocument)
    msgspec.convert(telemetry.get(f"/runs/{run}/rejected").json(), RejectedList)
