"""Why an event is not taken: a word of the contract, where, and what would be right."""

_COMES_AGAIN = {"sequence-gap"}


class Refused(Exception):
    """One event is refused; ``type`` is the last part of the problem's type, ``path`` names the field."""

    def __init__(self, type_: str, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.type = type_
        self.path = path
        self.message = message

    @property
    def is_loss(self) -> bool:
        """Whether the event is gone: after a gap its producer sends it again, as soon as what is before it is here."""
        return self.type not in _COMES_AGAIN
