"""Whether a viewer has seen what the log says, each thing once and in order; what it has not is counted."""

from dataclasses import dataclass, field
from typing import Any

from tests.faults.logs import Log
from tests.faults.viewers import Seen, Viewer

WORDS = frozenset({"hello", "status_update", "fpf_stats_update", "heartbeat", "gap", "drain", "end"})
ALWAYS_OWED = frozenset({"score_recorded", "pair_judged"})
"""Single events a live viewer gets from the beginning, whenever it joins."""


@dataclass
class Verdict:
    """What became of the events on their way to one viewer."""

    received: int = 0
    lost: int = 0
    doubled: int = 0
    gaps: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        self.received += other.received
        self.lost += other.lost
        self.doubled += other.doubled
        self.gaps += other.gaps
        self.wrong.extend(other.wrong)


def check_viewer(viewer: Viewer, logs: dict[str, Log], epochs: dict[str, str]) -> Verdict:
    """The verdict on all the viewer has seen, once every run in ``logs`` is over and it was told so."""
    whole = Verdict()
    for run_id, log in logs.items():
        frames = [frame for frame in viewer.frames if frame.run_id == run_id]
        if viewer.kind == "log":
            verdict = _check_log(frames, log, epochs[run_id])
        else:
            joined = _joined_at(viewer, run_id)
            verdict = _check_live(frames, log, joined, own_ids=viewer.kind == "live", epoch=epochs[run_id])
        verdict.wrong = [f"{viewer.name}: {run_id}: {wrong}" for wrong in verdict.wrong]
        whole.add(verdict)
    return whole


def _check_log(frames: list[Seen], log: Log, epoch: str) -> Verdict:
    verdict, expected = Verdict(), 1
    for frame in frames:
        if frame.event == "gap":
            verdict.gaps += 1
            expected = _seq_of(frame.data["oldest"])
        elif frame.event not in WORDS:
            seq = frame.data["seq"]
            verdict.received += 1
            if seq < expected:
                verdict.doubled += 1
                verdict.wrong.append(f"event {seq} came again")
                continue
            if seq > expected:
                verdict.lost += seq - expected
                verdict.wrong.append(f"events {expected} to {seq - 1} are missing")
            expected = seq + 1
            if frame.id != f"{epoch}-{seq}" or frame.event != frame.data["type"]:
                verdict.wrong.append(f"event {seq} came as {frame.event} under id {frame.id}")
            if seq > len(log.lines) or frame.line != log.lines[seq - 1]:
                verdict.wrong.append(f"event {seq} came with other content than the log has")
    if expected <= len(log.lines):
        verdict.lost += len(log.lines) - expected + 1
        verdict.wrong.append(f"events {expected} to {len(log.lines)} are missing at the end")
    verdict.wrong.extend(_wrong_end(frames, log))
    return verdict


def _check_live(frames: list[Seen], log: Log, joined: int, *, own_ids: bool, epoch: str) -> Verdict:
    verdict, newest, stats_seq = Verdict(), 0, -1
    got: set[int] = set()
    last_stats: dict[str, Any] | None = None
    for frame in frames:
        if frame.event == "gap":
            verdict.gaps += 1
            newest, stats_seq, got = 0, -1, set()
            joined = _seq_of(frame.data["newest"])
        elif frame.event == "fpf_stats_update":
            if frame.data["seq"] < stats_seq:
                verdict.wrong.append(f"stats went back from {stats_seq} to {frame.data['seq']}")
            stats_seq, last_stats = frame.data["seq"], frame.data["stats"]
            if newest > stats_seq:
                verdict.wrong.append(f"stats of {stats_seq} came after event {newest}")
        elif frame.event not in WORDS:
            seq = frame.data["seq"]
            verdict.received += 1
            if seq in got:
                verdict.doubled += 1
                verdict.wrong.append(f"event {seq} came again")
            elif seq < newest:
                verdict.wrong.append(f"event {seq} came after {newest}")
            if own_ids and frame.id != f"{epoch}-{seq}":
                verdict.wrong.append(f"event {seq} came under id {frame.id}")
            got.add(seq)
            newest = max(newest, seq)
    owed = {event["seq"] for event in log.singles if event["seq"] > joined or event["type"] in ALWAYS_OWED}
    missing = owed - got
    if missing:
        verdict.lost += len(missing)
        verdict.wrong.append(f"{len(missing)} single events are missing, the first is {min(missing)}")
    if stats_seq != len(log.lines) or last_stats != log.stats():
        verdict.wrong.append(f"the last stats, of {stats_seq}, are not the log's, of {len(log.lines)}")
    verdict.wrong.extend(_wrong_end(frames, log))
    return verdict


def _wrong_end(frames: list[Seen], log: Log) -> list[str]:
    if not frames or frames[-1].event != "end":
        return [f"the last frame is {frames[-1].event if frames else 'none'}, not end"]
    end = frames[-1].data
    said = (end["seq"], end["count"], end["digest"], end["complete"], end["status"])
    holds = (len(log.lines), len(log.lines), log.digest, True, log.events[-1]["data"]["status"])
    return [] if said == holds else [f"the end says {said}, the log holds {holds}"]


def _joined_at(viewer: Viewer, run_id: str) -> int:
    """The newest event at the viewer's first hello: what came before it is owed as a backlog only."""
    for frame in viewer.frames:
        if frame.event == "hello":
            runs = frame.data.get("runs")
            if runs is None:
                return int(frame.data["seq"] or 0)
            return next((int(run["seq"] or 0) for run in runs if run["run_id"] == run_id), 0)
    return 0


def _seq_of(position: str) -> int:
    return int(position.rpartition("-")[2])
