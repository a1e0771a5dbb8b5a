"""From a preset to all its calls, and which of them can be asked next."""
