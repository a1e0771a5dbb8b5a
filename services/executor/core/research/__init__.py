"""A generator that asks many times for one document."""
