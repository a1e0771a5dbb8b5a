"""The processes that work for us, and what is said between us."""
