"""Presets and the library, as files."""
