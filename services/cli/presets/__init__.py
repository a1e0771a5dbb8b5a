"""Presets as they are named on the command line: by name, by file, with overrides."""
