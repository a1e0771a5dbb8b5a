"""When an audience is served."""

from services.telemetry.flows.counters import Counters
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.pulse import SLICE_VIEWERS, Pulse
from tests.telemetry.fakes import FakeConnection, FakeTimers


class FakeViewer:
    def __init__(self, timers: FakeTimers, cost_s: float = 0, error: Exception | None = None) -> None:
        self.pushed: list[float] = []
        self.counters = Counters()
        self.outlet = Outlet(FakeConnection().send, timers, self.counters, lambda: None)
        self._error = error
        self._timers = timers
        self._cost_s = cost_s

    def push(self) -> None:
        self.pushed.append(self._timers.now)
        if self._error is not None:
            raise self._error
        self._timers.now += self._cost_s


def make(timers: FakeTimers, viewers: list[FakeViewer], gap_s: float = 0.1) -> Pulse:
    return Pulse(timers, begin=lambda: None, viewers=lambda: viewers, gap_s=gap_s)


def test_after_silence_the_first_touch_is_served_at_once() -> None:
    timers = FakeTimers()
    viewer = FakeViewer(timers)
    pulse = make(timers, [viewer])
    pulse.touch()
    pulse.touch()
    timers.run()
    assert viewer.pushed == [100.0]
    assert pulse.resting


def test_under_load_rounds_are_a_gap_apart_and_the_last_touch_is_not_lost() -> None:
    timers = FakeTimers()
    viewer = FakeViewer(timers)
    pulse = make(timers, [viewer])
    for _ in range(100):
        pulse.touch()
        timers.run(0.01)
    timers.run(1)
    assert len(viewer.pushed) in range(10, 13)
    assert all(later - earlier >= 0.0999 for earlier, later in zip(viewer.pushed, viewer.pushed[1:], strict=False))


def test_a_round_that_took_long_is_followed_by_a_pause_as_long() -> None:
    timers = FakeTimers()
    viewer = FakeViewer(timers, cost_s=1.0)
    pulse = make(timers, [viewer])
    pulse.touch()
    timers.run()
    pulse.touch()
    timers.run(5)
    assert viewer.pushed == [100.0, 102.0]


def test_a_large_audience_is_served_in_slices_with_turns_for_others_between() -> None:
    timers = FakeTimers()
    viewers = [FakeViewer(timers) for _ in range(SLICE_VIEWERS * 2 + 1)]
    pulse = make(timers, viewers)
    pulse.touch()
    served = []
    while timers.turn():
        served.append(sum(bool(viewer.pushed) for viewer in viewers))
    assert served == [SLICE_VIEWERS, SLICE_VIEWERS * 2, SLICE_VIEWERS * 2 + 1]


def test_a_touch_during_a_round_brings_another_round() -> None:
    timers = FakeTimers()
    viewers = [FakeViewer(timers) for _ in range(SLICE_VIEWERS + 1)]
    pulse = make(timers, viewers)
    pulse.touch()
    timers.turn()
    pulse.touch()
    timers.run(1)
    assert {len(viewer.pushed) for viewer in viewers} == {2}


def test_a_stopped_pulse_beats_no_more() -> None:
    timers = FakeTimers()
    viewer = FakeViewer(timers)
    pulse = make(timers, [viewer])
    pulse.touch()
    pulse.stop()
    timers.run(1)
    assert viewer.pushed == []


def test_a_viewer_that_fails_is_dropped_and_the_others_are_served() -> None:
    timers = FakeTimers()
    broken, well = FakeViewer(timers, error=ValueError("a bug")), FakeViewer(timers)
    pulse = make(timers, [broken, well])
    pulse.touch()
    timers.run()
    assert broken.outlet.closed
    assert broken.counters.faults == 1
    assert well.pushed == [100.0]
    assert pulse.resting
