"""``kith mail``: whether mail can be sent."""

from kith.cli.home import current_settings
from kith.cli.processes import CannotStart
from kith.runtime import mail


def test(address: str) -> None:
    """Send a letter, to see that KITH_MAIL_SERVER and KITH_MAIL_FROM are right.

    Args:
        address: To whom.
    """
    settings = current_settings()
    try:
        mail.send(settings, address, "Mail of kith", f"This is a letter of the kith at {settings.issuer}.\n")
    except mail.NotSent as error:
        raise CannotStart(f"No letter was sent. {error}") from error
    print(f"The server took a letter from {mail.sender(settings)} to {address}.")
