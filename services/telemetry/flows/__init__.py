"""What happens in which order: an event from the request to the log and on to every viewer."""
