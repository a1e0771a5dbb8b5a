"""Telemetry: takes a run's events over HTTP, keeps them, and fans them out over Server-Sent Events."""
