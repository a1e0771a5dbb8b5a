"""Documents are compared and combined: what was shown, what was judged, what was chosen."""

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0002"
down_revision = None


def upgrade() -> None:
    """From version 1."""
    op.add_column("calls", Column("shown", Text))
    op.add_column("attempts", Column("prompt", Text))
    op.create_table(
        "pairs",
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
    op.create_table(
        "choices",
        Column("run_id", Text, primary_key=True),
        Column("phase", Text, primary_key=True),
        Column("input", Text, primary_key=True),
        Column("documents", Text, nullable=False),
        sqlite_with_rowid=False,
    )
