"""Events that are sent: every form they may have, every answer they get."""

import json

import pytest

from shared.limits import MAX_BODY_BYTES, MAX_EVENT_BYTES
from tests.telemetry.server import Json, Server, finished, log, numbered, problem, step


def test_an_object_is_taken_and_the_answer_says_what_became_of_it(telemetry: Server, run: str) -> None:
    answer = telemetry.client.post(f"{telemetry.url}/runs/{run}/events", json=step(1))
    assert answer.status_code == 200
    assert answer.json() == {"accepted": 1, "duplicates": 0, "high_water": 1, "durable": "fsync", "subscribers": 0}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"type":"my.a"}'),
        ("application/json", b'[{"type":"my.a"},\n {"type":"my.a"}]'),
        ("application/json; charset=utf-8", b'\xef\xbb\xbf{"type":"my.a"}'),
        ("application/x-ndjson", b'{"type":"my.a"}\n{"type":"my.a"}'),
        ("application/x-ndjson", b'{"type":"my.a"}\r\n\r\n{"type":"my.a"}\r\n'),
        ("application/jsonl", b'{"type":"my.a"}\n'),
        ("application/x-www-form-urlencoded", b'{"type": "my.a"}'),
        ("application/x-www-form-urlencoded", b'[{"type": "my.a"}, {"type": "my.a"}]'),
        ("application/x-www-form-urlencoded", b'{\n  "type": "my.a",\n  "data": {\n    "x": [1,\n 2]}\n}\n'),
        ("application/x-www-form-urlencoded", b'{"type":"my.a"}\n{"type":"my.a"}\n'),
        ("application/x-www-form-urlencoded", b'{"type":"my.a"}{"type":"my.a"}'),
        (None, b'{"type":"my.a"}\n{\n"type":"my.a"}'),
        ("application/cloudevents+json", b'{"specversion":"1.0","id":"1","source":"/s","type":"my.a"}'),
        (
            "application/cloudevents-batch+json",
            b'[{"specversion":"1.0","id":"1","source":"/s","type":"my.a"},'
            b'{"specversion":"1.0","id":"2","source":"/s","type":"my.a"}]',
        ),
    ],
)
def test_every_form_of_the_contract_is_taken(telemetry: Server, run: str, content_type: str, body: bytes) -> None:
    answer = telemetry.send(run, body, content_type)
    assert answer.status_code == 200, answer.text
    lines = telemetry.lines(run)
    assert [line["type"] for line in lines] == ["my.a"] * body.count(b'"type"')
    assert answer.json()["accepted"] == len(lines)


def test_put_is_taken_like_post(telemetry: Server, run: str) -> None:
    answer = telemetry.client.put(f"{telemetry.url}/runs/{run}/events", content=b'{"type":"my.a"}')
    assert answer.json()["accepted"] == 1


def test_each_line_of_plain_text_is_a_log_event(telemetry: Server, run: str) -> None:
    answer = telemetry.send(run, "one \u2028 ä\n\ntwo\n".encode(), "text/plain")
    assert answer.json()["accepted"] == 2
    assert [line["data"]["message"] for line in telemetry.lines(run)] == ["one \u2028 ä", "two"]
    assert {line["type"] for line in telemetry.lines(run)} == {"log"}


def test_an_empty_batch_is_allowed_and_makes_no_run(telemetry: Server, run: str) -> None:
    answer = telemetry.post(run)
    assert answer.json() == {"accepted": 0, "duplicates": 0, "high_water": 0, "durable": "fsync", "subscribers": 0}
    assert problem(telemetry.get(f"/runs/{run}")) == (404, "unknown-run")


def test_a_cloud_event_brings_its_id_and_with_epoch_and_sequence_its_number(telemetry: Server, run: str) -> None:
    event = {"specversion": "1.0", "id": "e1", "source": "/s", "type": "log", "data": {"message": "x"}}
    numbered_event = json.dumps({**event, "epoch": "k3v9", "sequence": "0001", "subject": "kept out"})
    assert telemetry.send(run, numbered_event, "application/cloudevents+json").status_code == 200
    [line] = telemetry.lines(run)
    assert (line["seq"], line["epoch"], line["id"]) == (1, "k3v9", "e1")


def test_data_is_stored_as_it_was_spelled_in_ascii_without_white_space(telemetry: Server, run: str) -> None:
    telemetry.send(run, '{ "type" : "my.a", "data" : { "b": 1.10, "a": [1E5, "é\\u00C9 x"] } }'.encode())
    text = telemetry.get(f"/runs/{run}/events?poll=1").text
    assert text.endswith('"data":{"b":1.10,"a":[1E5,"\\u00e9\\u00c9 x"]}}\n')
    assert text.startswith(f'{{"type":"my.a","run_id":"{run}","seq":1,"epoch":"')


def test_a_time_is_stored_as_it_was_sent_and_made_where_it_was_not(telemetry: Server, run: str) -> None:
    telemetry.post(run, step(time="2026-11-22T10:00:00+01:00"), step())
    given, made = [line["time"] for line in telemetry.lines(run)]
    assert given == "2026-11-22T10:00:00+01:00"
    assert made.endswith("Z")


def test_absent_data_is_an_empty_object_and_own_types_take_any_json(telemetry: Server, run: str) -> None:
    telemetry.post(run, {"type": "my.a"}, {"type": "my.a", "data": [1]}, {"type": "my.a", "data": None})
    assert [line["data"] for line in telemetry.lines(run)] == [{}, [1], None]


def test_a_stored_line_can_be_sent_again_as_it_is(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1), log("x")))
    lines = telemetry.get(f"/runs/{run}/events?poll=1").text
    answer = telemetry.send(run, lines, "application/x-ndjson")
    assert answer.json()["duplicates"] == 2


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({"typ": "my.a"}, "typ"),
        ({"data": {}}, "type"),
        ({"type": 5}, "type"),
        ({"type": "nope"}, "type"),
        ({"type": "my.a", "extra": 1}, "extra"),
        ({"type": "my.a", "seq": 1}, "epoch"),
        ({"type": "my.a", "epoch": "k"}, "seq"),
        ({"type": "my.a", "seq": 0, "epoch": "k"}, "seq"),
        ({"type": "my.a", "seq": "1", "epoch": "k"}, "seq"),
        ({"type": "my.a", "seq": 1, "epoch": "k-1"}, "epoch"),
        ({"type": "my.a", "seq": 1, "epoch": "k\n"}, "epoch"),
        ({"type": "my.a", "id": ""}, "id"),
        ({"type": "my.a", "id": "x" * 201}, "id"),
        ({"type": "my.a", "id": "x\n"}, "id"),
        ({"type": "my.a", "time": "yesterday"}, "time"),
        ({"type": "my.a", "time": "2026-11-22T10:00:00"}, "time"),
        ({"type": "my.a", "run_id": "another"}, "run_id"),
        ({"type": "log", "data": []}, "data"),
        ({"type": "log", "data": {}}, "data.message"),
        ({"type": "attempt_started", "data": {"call_id": "c", "attempt": 0}}, "data.attempt"),
        ({"type": "attempt_failed", "data": {"call_id": "c", "attempt": 1, "error": {"kind": "x"}}}, "data.error.kind"),
        ([1], ""),
        (42, ""),
    ],
)
def test_a_wrong_event_is_told_which_field_is_wrong(telemetry: Server, run: str, event: Json, path: str) -> None:
    answer = telemetry.post(run, step(), event)
    assert problem(answer) == (422, "invalid-event")
    body = answer.json()
    assert body["errors"][0]["index"] == 1
    assert body["errors"][0]["path"] == path
    assert body["errors"][0]["message"]
    assert (body["accepted"], body["duplicates"], body["high_water"], body["expected"]) == (1, 0, 1, 2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n ",
        b"hello",
        b'{"type":"my.a"',
        b'{"type":"my.a","data":NaN}',
        b'{"type":"my.a","data":[1e999]}',
        b'{"type":"my.a","data":"\\ud83d"}',
        b'{"type":"my.a","data":{"a":1,"a":2}}',
        b'{"type":"my.a","type":"my.b"}',
        b'{"type":"my.a","data":"\xff"}',
        b'{"type":"my.a","data":' + b"[" * 40 + b"]" * 40 + b"}",
    ],
)
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-ndjson", "application/x-www-form-urlencoded"]
)
def test_what_is_no_json_for_every_reader_is_refused(
    telemetry: Server, run: str, body: bytes, content_type: str
) -> None:
    answer = telemetry.send(run, body, content_type)
    assert problem(answer) == (400, "not-json")
    assert answer.json()["errors"][0]["index"] == 0
    assert answer.json()["accepted"] == 0


@pytest.mark.parametrize("bad", [b"nonsense", b'{"type":"my.a","data":Infinity}', b'{"type":"my.a","x":1,"x":2}'])
def test_a_line_that_is_no_json_stops_the_batch_at_its_index(telemetry: Server, run: str, bad: bytes) -> None:
    good = b'{"type":"my.a"}'
    answer = telemetry.send(run, b"\n".join([good, good, bad, good]), "application/x-ndjson")
    assert problem(answer) == (400, "not-json")
    assert answer.json()["errors"][0]["index"] == answer.json()["accepted"] == 2
    assert len(telemetry.lines(run)) == 2


@pytest.mark.parametrize("bad", [b'{"type":"my.a","data":NaN}', b'{"type":"my.a","x":1,"x":2}'])
def test_an_element_of_an_array_that_no_reader_could_read_stops_the_batch_there(
    telemetry: Server, run: str, bad: bytes
) -> None:
    good = b'{"type":"my.a"}'
    answer = telemetry.send(run, b"[%b, %b, %b]" % (good, bad, good), "application/json")
    assert problem(answer) == (400, "not-json")
    assert answer.json()["errors"][0]["index"] == answer.json()["accepted"] == 1


def test_an_array_that_falls_apart_is_refused_as_a_whole(telemetry: Server, run: str) -> None:
    answer = telemetry.send(run, b'[{"type":"my.a"} {"type":"my.a"}]', "application/json")
    assert problem(answer) == (400, "not-json")
    assert answer.json()["accepted"] == 0


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/xml", "text/html"])
def test_another_content_type_is_refused_by_name(telemetry: Server, run: str, content_type: str) -> None:
    answer = telemetry.send(run, b"{}", content_type)
    assert problem(answer) == (415, "unsupported-type")
    assert content_type.partition(";")[0] in answer.json()["detail"]


def test_a_compressed_body_is_refused(telemetry: Server, run: str) -> None:
    answer = telemetry.post(run, step(), **{"Content-Encoding": "gzip"})
    assert problem(answer) == (415, "unsupported-type")


def test_an_event_may_have_256_kib_and_no_byte_more(telemetry: Server, run: str) -> None:
    frame = len(b'{"type":"my.a","data":""}')
    fits = b'{"type":"my.a","data":"%b"}' % (b"x" * (MAX_EVENT_BYTES - frame))
    assert telemetry.send(run, fits, "application/json").status_code == 200
    answer = telemetry.send(
        run, fits + b"\n" + fits.replace(b'""', b'"x"').replace(b"xx", b"xxx", 1), "application/jsonl"
    )
    assert problem(answer) == (413, "too-large")
    assert answer.json()["errors"][0]["index"] == answer.json()["accepted"] == 1


def test_a_body_over_the_limit_is_read_and_then_refused(telemetry: Server, run: str) -> None:
    line = b'{"type":"my.a","data":"%b"}\n' % (b"x" * 100_000)
    body = line * (MAX_BODY_BYTES // len(line) + 2)
    answer = telemetry.send(run, body, "application/x-ndjson")
    assert problem(answer) == (413, "too-large")
    assert answer.json()["high_water"] == 0


def test_ten_thousand_events_are_a_batch_and_one_more_is_not(telemetry: Server, run: str) -> None:
    assert telemetry.send(run, b'{"type":"my.a"}\n' * 10_000, "application/x-ndjson").json()["accepted"] == 10_000
    answer = telemetry.send(run, b'{"type":"my.a"}\n' * 10_001, "application/x-ndjson")
    assert problem(answer) == (413, "too-large")
    assert telemetry.run(run)["count"] == 10_000


@pytest.mark.parametrize("bad", ["a%20b", "a:b", "x" * 65, "%C3%A4", ".."])
def test_a_run_id_that_is_none_is_refused_with_what_would_be_right(telemetry: Server, bad: str) -> None:
    answer = telemetry.client.post(f"{telemetry.url}/runs/{bad}/events".replace("..", "%2E%2E"), json=[])
    assert problem(answer) == (422, "invalid-id")
    assert "[A-Za-z0-9._-]{1,64}" in answer.json()["detail"]
    assert answer.json()["accepted"] == 0


def test_refused_events_are_kept_with_their_reasons_also_for_a_run_that_never_began(
    telemetry: Server, run: str
) -> None:
    telemetry.send(run, b'{"type":"nope"}')
    telemetry.send(run, b'{"type":"my.a"}\nnonsense' + b"x" * 2000, "application/x-ndjson")
    telemetry.post("never-" + run, {"type": "log"})
    kept = telemetry.get(f"/runs/{run}/rejected").json()
    assert kept["count"] == 2
    newest, oldest = kept["rejected"]
    assert (oldest["reason"], oldest["index"], oldest["text"]) == ("invalid-event", 0, '{"type":"nope"}')
    assert (newest["reason"], newest["index"], len(newest["text"])) == ("not-json", 1, 1024)
    assert telemetry.run(run)["rejected"] == 2
    assert telemetry.get(f"/runs/never-{run}/rejected").json()["count"] == 1
    assert problem(telemetry.get(f"/runs/never-{run}")) == (404, "unknown-run")


def test_only_the_newest_hundred_refused_events_are_kept_and_all_are_counted(telemetry: Server, run: str) -> None:
    for _ in range(105):
        telemetry.send(run, b"{}")
    kept = telemetry.get(f"/runs/{run}/rejected").json()
    assert kept["count"] == 105
    assert [one["n"] for one in kept["rejected"]] == list(range(105, 5, -1))


def test_after_the_end_only_a_resume_is_taken_and_what_is_stored_stays_a_duplicate(telemetry: Server, run: str) -> None:
    log_ = numbered(1, step(1), finished(), log("late"))
    assert telemetry.post(run, *log_[:2]).status_code == 200
    answer = telemetry.post(run, *log_)
    assert problem(answer) == (409, "run-finished")
    assert answer.json()["duplicates"] == answer.json()["errors"][0]["index"] == 2
    resumed = numbered(3, {"type": "run_resumed", "data": {}}, log("on"))
    assert telemetry.post(run, *resumed).json()["high_water"] == 4
    assert telemetry.run(run)["status"] == "running"
