"""A call that is a research: many requests, each accounted for."""
