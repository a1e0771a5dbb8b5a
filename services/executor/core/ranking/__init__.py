"""Who wins: comparisons turned into ratings with intervals."""
