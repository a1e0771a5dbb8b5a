"""One executor as a process of its own, and as many counting providers as the tests of a module want."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.e2e.provider import CRITERIA
from tests.executor.service import Process, service
from tests.limits.lab import Decide, Lab

Json = dict[str, Any]
FINAL = {"completed", "completed_with_errors", "failed", "cancelled"}
WAIT_LIMIT_S = 60.0
PRICE = {"input_per_mtok": 1.0, "output_per_mtok": 2.0}
LABS = 24


class Bench:
    """The executor, and the way a user talks to it."""

    def __init__(self, process: Process, labs: list[Lab]) -> None:
        self._labs = iter(labs)
        self.process = process
        self.client = httpx.Client(base_url=process.url, timeout=60, trust_env=False)

    def lab(self, decide: Decide) -> Lab:
        """A provider nobody has asked yet."""
        lab = next(self._labs)
        lab.decide = decide
        lab.open()
        return lab

    def start(self, config: Json, run_id: str | None = None) -> str:
        answer = self.client.post("/runs", json={"config": config} | ({"run_id": run_id} if run_id else {}))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["run_id"])

    def ask(self, run_id: str, wish: str, body: Json | None = None) -> Json:
        """Cancel, pause or resume."""
        answer = self.client.post(f"/runs/{run_id}/{wish}", json=body or {})
        assert answer.is_success, answer.text
        shown: Json = answer.json()
        return shown

    def show(self, run_id: str) -> Json:
        shown: Json = self.client.get(f"/runs/{run_id}").json()
        return shown

    def get(self, path: str) -> Json:
        answer = self.client.get(path)
        assert answer.is_success, answer.text
        value: Json = answer.json()
        return value

    def once(self, run_id: str, wanted: Any) -> Json:
        """The run as soon as ``wanted`` is true of it."""
        deadline = time.monotonic() + WAIT_LIMIT_S
        while not wanted(shown := self.show(run_id)):
            assert time.monotonic() < deadline, {**shown, "config": None}
            time.sleep(0.02)
        return shown

    def ended(self, run_id: str) -> Json:
        return self.once(run_id, lambda run: run["status"] in FINAL)

    def run(self, config: Json) -> Json:
        """Start it and wait for its end."""
        return self.ended(self.start(config))

    def children(self) -> set[int]:
        """Every process below the executor."""
        assert self.process.process is not None
        return {child.pid for child in psutil.Process(self.process.process.pid).children(recursive=True)}


@contextmanager
def open_bench(folder: Path, **environ: str) -> Iterator[Bench]:
    labs = [Lab(f"p{number}") for number in range(LABS)]
    addresses = {f"P{number}_BASE_URL": lab.base_url for number, lab in enumerate(labs)}
    try:
        with service(folder, **addresses, ACM2_RETRY_BASE_S="0.01", **environ) as process:
            bench = Bench(process, labs)
            yield bench
            bench.client.close()
            left = bench.children()
            assert process.stop() == 0
            assert not [pid for pid in left if psutil.pid_exists(pid)]
    finally:
        for lab in labs:
            lab.close()


def config(makes: Lab | None, judges: Lab | None = None, *, documents: int = 1, **limits: Any) -> Json:
    """Documents 1 ... n, a generator and a judge."""
    made: Json = {
        "documents": [{"id": f"doc_{n}", "text": f"Document {n} is about counting."} for n in range(1, documents + 1)],
        "limits": limits,
    }
    if makes is not None:
        model = {"provider": makes.name, "model": "maker", "price": PRICE}
        made["generation"] = {"instructions": {"text": "Write about it."}, "models": [model], "min_bytes": 0}
    if judges is not None:
        model = {"provider": judges.name, "model": "judge", "price": PRICE}
        made["single_eval"] = {"criteria": [{"name": name} for name in CRITERIA], "judges": [model]}
    return made


def counted(stats: Json, *labs: Lab) -> None:
    """What the executor shows is what the providers counted."""
    requests = sum(lab.counts.requests for lab in labs)
    assert stats["attempts"] - stats["unsent_attempts"] - stats["uncertain_attempts"] <= requests
    assert requests <= stats["attempts"] - stats["unsent_attempts"]
    ends = ("successful_calls", "failed_calls", "cancelled_calls", "lost_calls", "in_flight")
    assert stats["total_calls"] == sum(stats[name] for name in ends)
    assert stats["violations"] == []
