"""What the product is for: many viewers that come and go, and none misses an event, sees one twice, or a wrong number."""

import random
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from shared.fold import RunFold
from shared.stored import parse_time
from tests.golden.random_logs import random_log
from tests.telemetry.server import Server, finished, log, numbered, step

EVENTS = 600


def test_viewers_that_come_and_go_get_every_event_once_and_in_order(telemetry: Server, run: str) -> None:
    def produce() -> None:
        seq = 1
        chance = random.Random(1)
        while seq < EVENTS:
            some = min(chance.randrange(1, 20), EVENTS - seq)
            telemetry.post(run, *numbered(seq, *[step(n) for n in range(seq, seq + some)]))
            seq += some
        telemetry.post(run, *numbered(seq, finished()))

    def watch(seed: int) -> list[str]:
        chance = random.Random(seed)
        seen: list[str] = []
        while True:
            headers = {"Last-Event-ID": seen[-1]} if seen else {}
            with telemetry.stream(f"/runs/{run}/events", **headers) as stream:
                if stream.response.status_code == 204:
                    return seen
                stream.next()
                for _ in range(chance.randrange(1, 120)):
                    frame = stream.next()
                    assert frame.id is not None
                    if frame.event == "end":
                        break
                    seen.append(frame.id)

    with ThreadPoolExecutor(13) as pool:
        viewers = [pool.submit(watch, seed) for seed in range(12)]
        pool.submit(produce).result()
        for viewer in viewers:
            assert viewer.result() == [f"k3v9-{seq}" for seq in range(1, EVENTS + 1)]


def test_live_viewers_that_come_and_go_miss_no_single_event(telemetry: Server, run: str) -> None:
    some = [log(str(n)) if n % 2 else {"type": "call_queued", "data": {"call_id": f"c{n}"}} for n in range(6)]

    def produce() -> None:
        for seq in range(1, EVENTS, 6):
            assert telemetry.post(run, *numbered(seq, *some)).status_code == 200
        telemetry.post(run, *numbered(EVENTS + 1, finished()))

    def watch(seed: int) -> list[int]:
        chance = random.Random(seed)
        seen: list[int] = []
        place = "k3v9-0"
        while True:
            with telemetry.stream(f"/runs/{run}/live", **{"Last-Event-ID": place}) as stream:
                if stream.response.status_code == 204:
                    return seen
                for _ in range(chance.randrange(2, 60)):
                    try:
                        frame = stream.next()
                    except StopIteration:
                        break
                    place = frame.id or place
                    if frame.event == "log":
                        seen.append(frame.data["seq"])

    with ThreadPoolExecutor(7) as pool:
        viewers = [pool.submit(watch, seed) for seed in range(6)]
        pool.submit(produce).result()
        logged = [line["seq"] for line in telemetry.lines(run) if line["type"] == "log"]
        for viewer in viewers:
            assert viewer.result() == logged


@pytest.mark.parametrize("seed", range(6))
def test_the_stats_of_every_frame_are_the_fold_of_the_log_up_to_its_place(
    telemetry: Server, run: str, seed: int
) -> None:
    chance = random.Random(seed)
    events = [event for event in random_log(chance, longest=300) if event["type"] != "run_finished"]
    sent = numbered(1, *[{name: event[name] for name in ("type", "time", "data")} for event in events], finished())
    with telemetry.stream(f"/runs/{run}/live") as stream:
        stream.next()
        with ThreadPoolExecutor(1) as pool:
            posting = pool.submit(_post_in_parts, telemetry, run, sent, chance)
            frames = stream.rest()
            posting.result()
    lines = telemetry.lines(run)
    folds = 0
    for frame in frames:
        if frame.event == "fpf_stats_update":
            assert frame.data["stats"] == _fold(lines[: frame.data["seq"]]).stats()
            folds += 1
    assert folds > 1
    assert telemetry.run(run)["stats"] == _fold(lines).stats()


def _post_in_parts(telemetry: Server, run: str, events: list[dict[str, object]], chance: random.Random) -> None:
    while events:
        size = chance.randrange(1, 12)
        assert telemetry.post(run, *events[:size]).status_code == 200
        events = events[size:]


def _fold(lines: list[dict[str, object]]) -> RunFold:
    fold = RunFold()
    for line in lines:
        time = str(line["time"])
        fold.apply(int(str(line["seq"])), str(line["type"]), time, parse_time(time) or 0, line["data"])
    return fold


def test_after_a_restart_the_stats_are_the_same(own: Server) -> None:
    events = [event for event in random_log(random.Random(7), longest=300) if event["type"] != "run_finished"]
    own.post("a", *numbered(1, *[{name: event[name] for name in ("type", "time", "data")} for event in events]))
    before = own.run("a")
    own.stop()
    own.start()
    after = own.run("a")
    assert {**after, "links": {}} == {**before, "links": {}}


def test_a_viewer_cut_off_anywhere_goes_on_without_a_twin(telemetry: Server, run: str) -> None:
    """The connection is cut in the middle of a frame; what was not whole is sent again, what was is not."""
    telemetry.post(run, *numbered(1, *[log("x" * 500) for _ in range(200)], finished()))
    seen: list[str] = []
    chance = random.Random(3)
    for _ in range(200):
        headers = {"Last-Event-ID": seen[-1]} if seen else {}
        text = b""
        with (
            httpx.Client() as client,
            client.stream("GET", f"{telemetry.url}/runs/{run}/events", headers=headers) as response,
        ):
            if response.status_code == 204:
                break
            cut = chance.randrange(500, 30_000)
            for part in response.iter_raw(997):
                text += part
                if len(text) >= cut:
                    break
        whole = text.split(b"\n\n")[:-1]
        for frame in whole:
            fields = dict(line.split(b": ", 1) for line in frame.split(b"\n"))
            if fields[b"event"] not in {b"hello", b"end"}:
                seen.append(fields[b"id"].decode())
    assert seen == [f"k3v9-{seq}" for seq in range(1, 202)]
