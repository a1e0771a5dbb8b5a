"""A run taken out of the ledger, all its rows at once."""

from sqlalchemy import Connection, delete

from services.executor.adapters.ledger.schema import DELETIONS, METADATA


def remove_run(connection: Connection, run_id: str) -> None:
    """Take out every row of the run but the one that says it was deleted."""
    for table in METADATA.sorted_tables:
        if table is not DELETIONS:
            connection.execute(delete(table).where(table.c.run_id == run_id))
