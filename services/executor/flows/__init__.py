"""What happens in which order: a run from its plan to its end, and its events on their way to telemetry."""
