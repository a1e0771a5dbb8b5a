"""Telemetry's hands: its database."""
