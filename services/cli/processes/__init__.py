"""The services as child processes: found, started, watched, ended."""
