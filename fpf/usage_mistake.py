"""A command used in a way it cannot be used."""


class UsageMistake(Exception):
    """Its words name the option and what would be right; the command ends with 64."""
