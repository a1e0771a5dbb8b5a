"""What telemetry says about what it was sent."""
