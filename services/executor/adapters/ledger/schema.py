"""The ledger's tables. One database holds a run's events and the state they report."""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()
SCHEMA_VERSION = 2
"""Older ledgers are brought to it by the scripts in ``migrations``, one for each version since the first."""

RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("preset", Text),
    Column("request_sha256", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("planned_calls", Integer, nullable=False),
    Column("max_requests_total", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("finished_ms", Integer),
    Column("stats", Text),
    Column("delivered_seq", Integer, nullable=False, server_default="0"),
    Column("discarded", Integer, nullable=False, server_default="0"),
    Column("stopped", Text),
    Index("runs_by_time", "created_ms", "run_id"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("last_seq", Integer, primary_key=True),
    Column("first_seq", Integer, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""One row holds the lines one commit brought, each with its newline: a row an event costs three times as much."""

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("input", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("text", Text),
    Column("generator", Integer),
    Column("call_id", Text),
    Column("attempt", Integer),
)

INSTRUCTIONS = Table(
    "instructions",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("phase", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

CALLS = Table(
    "calls",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("ordinal", Integer, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("input", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("error", Text),
    Column("shown", Text),
    sqlite_with_rowid=False,
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("started_ms", Integer, nullable=False),
    Column("reserved_nano", Integer, nullable=False),
    Column("ended_ms", Integer),
    Column("outcome", Text),
    Column("duration_s", Float),
    Column("kind", Text),
    Column("message", Text),
    Column("http_status", Integer),
    Column("sent", Text),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cost_nano", Integer),
    Column("answer", Text),
    Column("prompt", Text),
)

SCORES = Table(
    "scores",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("call_id", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("judge", Integer, nullable=False),
    Column("trial", Integer, nullable=False),
    Column("scores", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("mean", Float, nullable=False),
    sqlite_with_rowid=False,
)

PAIRS = Table(
    "pairs",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("call_id", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("input", Text, nullable=False),
    Column("a", Text, nullable=False),
    Column("b", Text, nullable=False),
    Column("order", Text, nullable=False),
    Column("winner", Text, nullable=False),
    Column("judge", Integer, nullable=False),
    Column("trial", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

CHOICES = Table(
    "choices",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("phase", Text, primary_key=True),
    Column("input", Text, primary_key=True),
    Column("documents", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Which documents of an input compete further, once that is decided."""

RECONCILIATIONS = Table(
    "reconciliations",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("equal", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("their_count", Integer, nullable=False),
    Column("their_digest", Text, nullable=False),
    Column("at_ms", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""What telemetry and the ledger said of a finished run when all of it had been delivered."""

DELETIONS = Table(
    "deletions",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("asked_ms", Integer, nullable=False),
    Column("done_ms", Integer),
    sqlite_with_rowid=False,
)
"""Runs telemetry is to forget. A row stays when the run's other rows are gone."""
