"""The ledger: runs and their events in one database."""
