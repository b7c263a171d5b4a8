"""The settings of a source of XMPP."""

from typing import Annotated, Literal

import msgspec

from kith.connectors import Secret, Server


class XmppConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rooms, as one account may read them."""

    server: Annotated[
        Server,
        msgspec.Meta(
            title="Server",
            description="Host and port: 5222 for starttls, 5223 for tls.",
            examples=["xmpp.example.org:5222"],
        ),
    ]
    address: Annotated[
        str,
        msgspec.Meta(
            title="Address", description="Of the account.", pattern="^[^@/\\s]+@[^@/\\s]+$", max_length=1000,
            examples=["kith@example.org"],
        ),
    ]  # fmt: skip
    password: Annotated[Secret, msgspec.Meta(title="Password")]
    rooms: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[^@/\\s]+@[^@/\\s]+$", max_length=500)], ...],
        msgspec.Meta(title="Rooms", description="Which to read.", min_length=1, examples=[["dev@rooms.example.org"]]),
    ]
    security: Annotated[
        Literal["starttls", "tls", "none"],
        msgspec.Meta(title="Encryption", description="none is for everybody to read."),
    ] = "starttls"
    nick: Annotated[
        str, msgspec.Meta(title="Nick", description="Under which kith is seen in them.", pattern="^[^\\s/]{1,100}$")
    ] = "kith"
    live: Annotated[
        bool, msgspec.Meta(title="Listen", description="Whether to enter the rooms, and hear what is said at once.")
    ] = False
    bots: Annotated[
        tuple[str, ...], msgspec.Meta(title="Robots", description="Nicks that are no people.", examples=[["ci"]])
    ] = ()
