"""What the store raises where what was asked for cannot be: the caller turns it into an answer."""


class NameTaken(Exception):
    """Something else of the workspace has this name or domain; the message says what."""


class NoSuch(Exception):
    """What a field names does not exist in the workspace."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field
