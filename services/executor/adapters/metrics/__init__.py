"""Counts, as Prometheus reads them."""
