"""Sizes and times both sides promise. Source: CONTRACT sections 3 and 4."""

CONTRACT_VERSION = "1"
"""The version of the public contract this code speaks; sent in ``hello`` and shown on the page."""

MAX_EVENT_BYTES = 256 * 1024
MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_BATCH_EVENTS = 10_000
MAX_JSON_DEPTH = 32
MAX_ID_CHARS = 200
MAX_TYPE_CHARS = 200

MAX_DISCARDED_BODY_BYTES = 64 * 1024 * 1024
"""How much of a body over the limit is read and thrown away, so that the client gets to see the 413."""

MAX_EXECUTOR_BODY_BYTES = 32 * 1024 * 1024

HEARTBEAT_S = 15.0
LIVE_INTERVAL_S = 0.1
"""Under load a live viewer gets new stats at most this often."""

PRODUCER_INTERVAL_S = 5.0
PRODUCER_SILENT_S = 10.0
"""A producer gives a sign of life every ``PRODUCER_INTERVAL_S``; after ``PRODUCER_SILENT_S`` it is shown as silent."""

MAX_RUNS_PER_STREAM = 32
LIVE_LOG_EVENTS = 200
"""A new live viewer gets this many of the newest ``log`` events."""

IN_FLIGHT_SHOWN = 20
"""``in_flight_calls`` and ``waiting_calls`` in the stats name this many, the oldest."""
