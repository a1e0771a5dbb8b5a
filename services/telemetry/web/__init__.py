"""Telemetry over HTTP: routes, streams, answers, the page."""
