"""The executor over HTTP: CONTRACT section 6."""
