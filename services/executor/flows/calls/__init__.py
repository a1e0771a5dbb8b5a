"""One call: its turn, its requests, what their ends mean."""
