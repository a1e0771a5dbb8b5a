"""The executor's hands: its database, its worker processes, files, prices, telemetry over HTTP."""
