"""The settings of one mailbox account."""

from typing import Annotated, Literal

import msgspec

from kith.connectors import Secret, Server, Visibility


class ImapConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One account."""

    server: Annotated[
        Server,
        msgspec.Meta(title="Server", description="Host and port: 993 for tls, 143 for starttls."),
    ]
    user: Annotated[str, msgspec.Meta(title="User", min_length=1, max_length=320, examples=["ada@example.org"])]
    password: Annotated[
        Secret | None,
        msgspec.Meta(title="Password", description="One for this app alone, where the provider has such."),
    ] = None
    token: Annotated[
        Secret | None, msgspec.Meta(title="Access token", description="Of OAuth 2, in place of a password (XOAUTH2).")
    ] = None
    security: Annotated[
        Literal["tls", "starttls", "none"],
        msgspec.Meta(title="Encryption", description="none sends the password for everybody to read."),
    ] = "tls"
    bodies: Annotated[
        bool,
        msgspec.Meta(title="Texts", description="Whether the words of mails are read, or their headers alone."),
    ] = False
    visibility: Annotated[
        Visibility,
        msgspec.Meta(title="Visibility", description="Who may see mails that came through lists; others are direct."),
    ] = "private"
