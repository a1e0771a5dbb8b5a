"""Who numbers a run, and what a repeat is: over HTTP, as a producer meets it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.telemetry.server import Json, Server, numbered, problem, step


def test_a_run_numbered_by_its_producer_keeps_the_producers_numbers(telemetry: Server, run: str) -> None:
    assert telemetry.post(run, *numbered(1, step(1), step(2))).json()["high_water"] == 2
    assert [(line["seq"], line["epoch"]) for line in telemetry.lines(run)] == [(1, "k3v9"), (2, "k3v9")]


def test_a_run_numbered_by_the_service_gets_an_epoch_and_numbers_from_one(telemetry: Server, run: str) -> None:
    telemetry.post(run, step(), step())
    telemetry.post(run, step())
    lines = telemetry.lines(run)
    assert [line["seq"] for line in lines] == [1, 2, 3]
    assert len({line["epoch"] for line in lines}) == 1


def test_the_first_event_fixes_who_numbers(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step()))
    answer = telemetry.post(run, step())
    assert problem(answer) == (409, "numbered-by-producer")
    telemetry.post(run + "s", step())
    answer = telemetry.post(run + "s", *numbered(2, step()))
    assert problem(answer) == (409, "numbered-by-service")


def test_a_batch_is_taken_up_to_the_event_that_numbers_differently(telemetry: Server, run: str) -> None:
    answer = telemetry.post(run, step(), *numbered(2, step()))
    assert problem(answer) == (409, "numbered-by-service")
    assert answer.json()["errors"][0]["index"] == answer.json()["accepted"] == 1


def test_a_gap_is_refused_and_the_answer_says_what_is_expected(telemetry: Server, run: str) -> None:
    answer = telemetry.post(run, *numbered(3, step()))
    assert problem(answer) == (409, "sequence-gap")
    assert (answer.json()["high_water"], answer.json()["expected"]) == (0, 1)
    telemetry.post(run, *numbered(1, step(1)))
    answer = telemetry.post(run, *numbered(2, step(2)), *numbered(5, step(5)))
    assert answer.json()["errors"][0]["index"] == answer.json()["accepted"] == 1
    assert (answer.json()["high_water"], answer.json()["expected"]) == (2, 3)


def test_a_repeat_is_a_duplicate_wherever_its_batch_begins(telemetry: Server, run: str) -> None:
    log = numbered(1, *[step(n) for n in range(10)])
    telemetry.post(run, *log[:6])
    answer = telemetry.post(run, *log[3:])
    assert (answer.json()["accepted"], answer.json()["duplicates"], answer.json()["high_water"]) == (4, 3, 10)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "myapp.other"}, "type"),
        ({"data": {"n": 2}}, "data"),
        ({"data": {"n": 1.0}}, "data"),
        ({"time": "2026-11-22T10:00:01Z"}, "time"),
    ],
)
def test_the_same_number_with_other_content_is_a_conflict(telemetry: Server, run: str, change: Json, path: str) -> None:
    [event] = numbered(1, step(1, time="2026-11-22T10:00:00Z"))
    telemetry.post(run, event)
    answer = telemetry.post(run, {**event, **change})
    assert problem(answer) == (422, "sequence-conflict")
    assert answer.json()["errors"][0]["path"] == path
    assert telemetry.run(run)["count"] == 1


def test_a_repeat_without_time_or_with_keys_in_another_order_is_the_same(telemetry: Server, run: str) -> None:
    telemetry.post(run, {**step(), "data": {"a": 1, "b": "é"}, "seq": 1, "epoch": "k", "time": "2026-11-22T10:00:00Z"})
    body = '{"seq":1,"epoch":"k","data": {"b":"\\u00e9", "a":1},"type":"myapp.step"}'
    assert telemetry.send(run, body).json()["duplicates"] == 1


def test_another_epoch_is_refused_for_ever(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1), epoch="a1"))
    for seq in (1, 2, 9):
        assert problem(telemetry.post(run, *numbered(seq, step(1), epoch="b2"))) == (409, "epoch-conflict")


def test_an_id_makes_an_event_of_a_service_numbered_run_recognisable(telemetry: Server, run: str) -> None:
    telemetry.post(run, step(1, id="one"), step(2, id="two"))
    answer = telemetry.post(run, step(1, id="one"), step(3, id="three"), step(3, id="three"))
    assert (answer.json()["accepted"], answer.json()["duplicates"]) == (1, 2)
    assert problem(telemetry.post(run, step(9, id="two"))) == (422, "sequence-conflict")
    assert [line["id"] for line in telemetry.lines(run)] == ["one", "two", "three"]


def test_an_id_in_a_producer_numbered_run_is_stored_and_not_compared(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1, id="same"), step(2, id="same")))
    assert [line["id"] for line in telemetry.lines(run)] == ["same", "same"]


def test_the_same_batch_sent_at_once_by_many_is_stored_once(telemetry: Server, run: str) -> None:
    batch = numbered(1, *[step(n) for n in range(50)])
    with ThreadPoolExecutor(8) as pool:
        answers = [answer.json() for answer in pool.map(lambda _: telemetry.post(run, *batch), range(8))]
    assert sum(answer["accepted"] for answer in answers) == 50
    assert sum(answer["duplicates"] for answer in answers) == 7 * 50
    assert {answer["high_water"] for answer in answers} == {50}


def test_many_producers_of_one_service_numbered_run_lose_nothing(telemetry: Server, run: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: telemetry.post(run, *[step(n * 100 + k) for k in range(20)]), range(40)))
    lines = telemetry.lines(run)
    assert [line["seq"] for line in lines] == list(range(1, 801))
    assert len({line["data"]["n"] for line in lines}) == 800


def test_a_repeat_of_what_is_no_longer_in_memory_is_compared_with_the_store(telemetry: Server, run: str) -> None:
    big = [step(n) | {"data": {"n": n, "pad": "x" * 100_000}} for n in range(40)]
    for seq, event in enumerate(big, 1):
        telemetry.post(run, *numbered(seq, event))
    assert telemetry.post(run, *numbered(1, *big)).json()["duplicates"] == 40
    other = big[0] | {"data": {"n": 0, "pad": "y"}}
    assert problem(telemetry.post(run, *numbered(1, other))) == (422, "sequence-conflict")
