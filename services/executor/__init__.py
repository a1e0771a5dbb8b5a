"""Runs evaluations: documents, generators, judges and criteria become calls; every request is an event."""
