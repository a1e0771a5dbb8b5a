"""The ``acm2`` command: starts the services, starts runs, and shows them in a terminal."""
