"""What happens before there is a run: presets are edited, a request is made ready."""
