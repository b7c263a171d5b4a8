"""Errors say what to do, not where they arose."""

from datetime import timedelta


class ConnectorError(Exception):
    """The base of what a connector may raise on purpose. Anything else is a fault of the connector."""

    code = "connector_error"


class Retry(ConnectorError):
    """Come back later with the same cursor: a limit, an outage, a dropped line.

    after: how long the network asks to wait; None leaves it to kith's back-off.
    """

    code = "retry"

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class Reauthorize(ConnectorError):
    """The credentials no longer hold: the source waits until a human renews them."""

    code = "reauthorize"


class Fatal(ConnectorError):
    """This run cannot succeed as configured (no such repository, no right to read): repeating it would not help."""

    code = "fatal"


class TooLarge(Fatal):
    """An answer is longer than is allowed: ask for less at once."""


class Missing(Fatal):
    """What was asked for is not there, or no longer: 404 and 410. Catch it where that is news and no fault."""

    code = "missing"


class Refused(Fatal):
    """The server does not let these credentials read this."""

    code = "refused_by_server"


_BY_STATUS: dict[int, type[ConnectorError]] = {
    401: Reauthorize, 403: Refused, 404: Missing, 410: Missing, 451: Refused,
}  # fmt: skip


def error_of(status: int) -> type[ConnectorError]:
    """Return what a refusal of this status asks for, unless it is passing."""
    return _BY_STATUS.get(status, Fatal)
