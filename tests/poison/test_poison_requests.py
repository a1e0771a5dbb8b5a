"""Requests no client would send: each gets its answer or its connection closed, nothing of it is stored, nobody else is hurt."""

import json
from collections.abc import Iterator

import pytest

from shared.limits import MAX_BATCH_EVENTS
from tests.poison.events import MARK
from tests.poison.raw_http import Answer, head, speak
from tests.telemetry.server import Server, log, problem

GOOD = b'{"type":"myapp.pOiSoN"}'
SIZE = f"Content-Length: {len(GOOD)}"
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
CLOSE = "Connection: close"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("poison"))
    server.start()
    yield server
    assert server.metric("acm2_faults_total") == 0, server.errors
    assert MARK not in server.errors
    server.close()


def posted(run: str, *lines: str) -> bytes:
    return head("POST", f"/runs/{run}/events", JSON, CLOSE, *lines)


def nothing_came_of(service: Server, run: str, found: list[Answer]) -> None:
    assert problem(service.get(f"/runs/{run}")) == (404, "unknown-run")
    assert all(400 <= answer.status < 500 for answer in found), found
    assert service.post(run, log("after it")).json()["high_water"] == 1


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        pytest.param(["Content-Length: 1000"], b"[" + GOOD + b",", id="half a batch"),
        pytest.param(["Content-Length: 1000"], b"", id="a head only"),
        pytest.param([CHUNKED], b"ffff\r\n" + GOOD, id="half a chunk"),
        pytest.param([CHUNKED], b"17\r\n" + GOOD + b"\r\n", id="no last chunk"),
    ],
)
def test_a_request_that_is_cut_leaves_nothing(service: Server, run: str, lines: list[str], body: bytes) -> None:
    nothing_came_of(service, run, speak(service.url, posted(run, *lines) + body, stop=True))


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        pytest.param([CHUNKED], b"5\r\n" + GOOD + b"\r\n0\r\n\r\n", id="a chunk longer than it says"),
        pytest.param([CHUNKED], b"zz\r\n" + GOOD + b"\r\n0\r\n\r\n", id="a size that is none"),
        pytest.param([CHUNKED], b"-5\r\n" + GOOD + b"\r\n0\r\n\r\n", id="a negative size"),
        pytest.param([CHUNKED], b"f" * 18 + b"\r\n" + GOOD + b"\r\n0\r\n\r\n", id="a size beyond 64 bits"),
        pytest.param(["Content-Length: 5", CHUNKED], b"17\r\n" + GOOD + b"\r\n0\r\n\r\n", id="two lengths, TE last"),
        pytest.param([CHUNKED, "Content-Length: 5"], b"17\r\n" + GOOD + b"\r\n0\r\n\r\n", id="two lengths, CL last"),
        pytest.param([SIZE, "Content-Length: 5"], GOOD, id="two Content-Lengths"),
        pytest.param(["Content-Length: -1"], GOOD, id="a negative length"),
        pytest.param(["Content-Length: 1e3"], GOOD, id="a length that is none"),
        pytest.param(["Transfer-Encoding: xchunked"], GOOD, id="an unknown transfer encoding"),
        pytest.param([f"Content-Length : {len(GOOD)}"], GOOD, id="a space before the colon"),
        pytest.param([SIZE, "X-A: a\r\n b"], GOOD, id="a folded header"),
        pytest.param([SIZE, "X-A: a\0b"], GOOD, id="NUL in a header"),
        pytest.param([SIZE, "Host: evil.example"], GOOD, id="a foreign host"),
        pytest.param([SIZE, "Host: 127.0.0.1", "Host: evil.example"], GOOD, id="two hosts"),
        pytest.param([SIZE, "Origin: https://evil.example"], GOOD, id="a foreign origin"),
        pytest.param([SIZE, "X-A: " + "x" * 200_000], GOOD, id="a header of 200 KB"),
        pytest.param([SIZE, *[f"X-{n}: x" for n in range(20_000)]], GOOD, id="20,000 headers"),
        pytest.param([SIZE, "Content-Encoding: gzip"], GOOD, id="said to be compressed"),
        pytest.param([SIZE, "Content-Encoding: br, identity"], GOOD, id="said to be compressed twice"),
    ],
)
def test_a_request_two_readers_could_read_differently_is_refused(
    service: Server, run: str, lines: list[str], body: bytes
) -> None:
    nothing_came_of(service, run, speak(service.url, posted(run, *lines) + body))


def test_what_follows_a_body_is_never_taken_for_a_request_of_somebody_else(service: Server, run: str) -> None:
    hidden = head("POST", f"/runs/{run}-hidden/events", JSON, SIZE) + GOOD
    for lines in (["Content-Length: 4", CHUNKED], [CHUNKED, "Content-Length: 4"], [CHUNKED, "Transfer-Encoding: x"]):
        speak(service.url, head("POST", f"/runs/{run}/events", JSON, *lines) + b"0\r\n\r\n" + hidden, stop=True)
    assert problem(service.get(f"/runs/{run}-hidden")) == (404, "unknown-run")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\0\1\2\3\r\n\r\n", id="rubbish"),
        pytest.param(bytes.fromhex("16030100c8010000c40303") + b"x" * 200, id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"GET /runs HTTP/9.9\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", id="another version"),
        pytest.param(head("pOiSoN", "/runs", CLOSE), id="another method"),
        pytest.param(head("CONNECT", "127.0.0.1:1", CLOSE), id="CONNECT"),
        pytest.param(head("TRACE", "/runs", CLOSE), id="TRACE"),
        pytest.param(head("GET", "/runs/" + "x" * 100_000, CLOSE), id="a path of 100 KB"),
        pytest.param(head("GET", "/runs/a\0b", CLOSE), id="NUL in the path"),
        pytest.param(b"GET /runs HTTP/1.1\r\nConnection: close\r\n\r\n", id="no host"),
    ],
)
def test_what_is_no_request_of_ours_is_refused(service: Server, sent: bytes) -> None:
    found = speak(service.url, sent)
    assert found == [] or 400 <= found[0].status < 506, found
    assert service.get("/health/live").status_code == 200


RUN_IDS = [
    "%00",
    "%0d%0aX:%20y",
    "%ff",
    "%ed%a0%80",
    "%c0%af",
    "%2e%2e",
    "..",
    "%D9%A3",
    "a%0a",
    "a%20b",
    "x" * 65,
    "%zz",
]


@pytest.mark.parametrize("bad", RUN_IDS)
def test_a_run_id_that_is_none_is_refused_on_every_route(service: Server, bad: str) -> None:
    routes = [
        *(("GET", end) for end in ("", "/events", "/live", "/rejected")),
        *(("POST", end) for end in ("/events", "/receipts")),
        ("PUT", "/producer"),
        ("DELETE", ""),
    ]
    for method, end in routes:
        [answer] = speak(service.url, head(method, f"/runs/{bad}{end}", JSON, CLOSE, "Content-Length: 2") + b"{}")
        told = json.loads(answer.body)
        assert (answer.status, told["type"].rsplit("/", 1)[1]) == (422, "invalid-id"), (method, end)
        assert b"\r\nX:" not in answer.head
        assert "[A-Za-z0-9._-]{1,64}" in told["detail"]


@pytest.mark.parametrize(
    "place",
    ["k3v9-2\0", "k3v9-2\x85", "k3v9-" + "9" * 30, "k3v9--1", "k3v9-02", "3", "", " ", "x" * 9_000, "k3v9-2, k3v9-3"],
)
def test_a_place_that_is_none_is_a_gap_and_never_a_frame_of_its_own(service: Server, run: str, place: str) -> None:
    service.post(run, log("1"), {"type": "run_finished", "data": {"status": "completed"}})
    for query in ("last_event_id", "after"):
        answer = service.client.get(
            f"{service.url}/runs/{run}/events", params={query: f"{place}\r\n\r\nevent: end\n\n"}
        )
        assert answer.status_code == 200
        events = [line for line in answer.text.split("\n") if line.startswith("event: ")]
        assert events == ["event: hello", "event: gap", "event: log", "event: run_finished", "event: end"]


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson", "text/plain", None])
@pytest.mark.parametrize("body", [b"", b" \r\n\t ", b"\xef\xbb\xbf"])
def test_an_empty_body_is_refused(service: Server, run: str, content_type: str | None, body: bytes) -> None:
    answer = service.send(run, body, content_type)
    assert problem(answer) == (400, "not-json")
    assert answer.json()["expected"] == 1


@pytest.mark.parametrize(
    "content_type", ["application/xml", "multipart/form-data; boundary=x", "text/html", "image/png", "x", "a/b/c;;;"]
)
def test_another_content_type_is_refused(service: Server, run: str, content_type: str) -> None:
    assert problem(service.send(run, GOOD, content_type)) == (415, "unsupported-type")
    assert service.get(f"/runs/{run}/rejected").json()["count"] == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_json_in_another_encoding_is_refused(service: Server, run: str, encoding: str) -> None:
    assert problem(service.send(run, GOOD.decode().encode(encoding), "application/json")) == (400, "not-json")


def test_a_byte_order_mark_is_never_stored(service: Server, run: str) -> None:
    mark = "\ufeff".encode()
    assert service.send(run, mark + GOOD + b"\n" + mark + GOOD, "application/x-ndjson").json()["high_water"] == 2
    assert "feff" not in service.get(f"/runs/{run}/events?poll=1").text
    for body in (mark * 3 + GOOD, GOOD.replace(b"{", b"{" + mark)):
        assert problem(service.send(run, body, "application/json")) == (400, "not-json")


def test_a_line_of_20_mb_and_a_batch_of_10_001_are_refused_whole(service: Server, run: str) -> None:
    line = b'{"type":"myapp.pOiSoN","data":"' + b"x" * 20_000_000 + b'"}'
    for body in (line, GOOD + b"\n" + line, (GOOD + b"\n") * (MAX_BATCH_EVENTS + 1)):
        answer = service.send(run, body, "application/x-ndjson")
        assert problem(answer) == (413, "too-large")
        assert (answer.json()["accepted"], answer.json()["expected"]) == (0, 1)
    assert service.get(f"/runs/{run}/rejected").json()["count"] == 3
