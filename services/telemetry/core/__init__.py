"""What telemetry decides, as pure functions and values: no clock, no chance, no waiting, no files."""
