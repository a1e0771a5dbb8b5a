"""Why an event is not taken: a word of the contract, where, and what would be right."""


class Refused(Exception):
    """One event is refused; ``type`` is the last part of the problem's type, ``path`` names the field."""

    def __init__(self, type_: str, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.type = type_
        self.path = path
        self.message = message
