"""Events on their way to telemetry."""
