"""How long each part of the check-up may take: what hangs is a finding."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """Seconds."""

    answer_s: float = 5.0
    """For a service's first answers, and for each question about the trial run."""

    check_s: float = 10.0
    """For each single check."""

    stream_s: float = 30.0
    """For the trial run's events to come by the stream, to its end."""

    delivery_s: float = 5.0
    """For the executor to delete the trial run at telemetry, before that is done from here."""

    sweep_s: float = 20.0
    """For the whole deletion of the trial run."""

    unready_sweep_s: float = 3.0
    """For the same where the executor has just said that it cannot write."""

    @property
    def loop_s(self) -> float:
        """For the trial run from beginning to end, deletion included."""
        return self.stream_s + self.sweep_s + 5 * self.answer_s
