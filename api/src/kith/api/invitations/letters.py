"""What goes to those who are invited."""

from typing import Any

from litestar.connection import Request

from kith.api.signin.letters import deliver, post_later
from kith.runtime.settings import Settings
from kith.store.invitations import Invitation


def address_of(settings: Settings, text: str) -> str:
    """Return the address at which an invitation is accepted."""
    return f"{settings.issuer}/invitations/{text}"


def post_invitation(request: Request[Any, Any, Any], workspace: str, made: Invitation, text: str) -> None:
    """Send the link once the answer is on its way."""
    settings = request.app.state.settings
    post_later(request, deliver(settings, made.address, *letter(settings, workspace, made, text)))


def letter(settings: Settings, workspace: str, made: Invitation, text: str) -> tuple[str, str]:
    """Return the subject and the text of a letter: in English, since nobody knows yet what its reader speaks."""
    return (
        f"Invitation to {workspace} in kith",
        f"You are invited to work in {workspace}, as {made.role}. The link can be used once, "
        f"until {made.expires_at:%d %B %Y}:\n\n{address_of(settings, text)}\n",
    )
