"""What messages call each service."""

SPOKEN = {"executor": "the executor", "telemetry": "telemetry"}
