"""The tables of the log. A change raises ``VERSION``."""

VERSION = 1
TABLES = ("runs", "batches", "rejected_runs", "rejections", "deleted")
CANARY = "canary"
"""``numbered_by`` of the run by which the service tests itself: it is nobody's, and in no list."""

SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    numbered_by TEXT NOT NULL,
    facts_seq INTEGER NOT NULL DEFAULT 0,
    facts BLOB NOT NULL DEFAULT x''
);
-- One row holds the lines of consecutive events, with newlines between them.
CREATE TABLE batches (
    run INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    lines BLOB NOT NULL
);
CREATE UNIQUE INDEX batches_by_place ON batches (run, last_seq);
CREATE TABLE rejected_runs (run_id TEXT PRIMARY KEY, total INTEGER NOT NULL);
CREATE TABLE rejections (
    run_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    path TEXT NOT NULL,
    message TEXT NOT NULL,
    time TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run_id, n)
);
CREATE TABLE deleted (run_id TEXT PRIMARY KEY, time TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
COMMIT;
"""
