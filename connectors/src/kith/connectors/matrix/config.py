"""The settings of a source of Matrix."""

from typing import Annotated

import msgspec

from kith.connectors import Secret, Url


class MatrixConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rooms that an account has joined."""

    server: Annotated[Url, msgspec.Meta(title="Server", examples=["https://matrix.example.org"])]
    token: Annotated[Secret, msgspec.Meta(title="Access token", description="Of an account that has joined the rooms.")]
    rooms: Annotated[
        tuple[str, ...],
        msgspec.Meta(title="Rooms", description="Ids or names; none: all.", examples=[["#garden:x.org"]]),
    ] = ()
    private: Annotated[
        bool, msgspec.Meta(title="Private rooms", description="Whether rooms are read that not everybody may join.")
    ] = False
    direct: Annotated[
        bool, msgspec.Meta(title="Direct messages", description="Whether messages between a few people are read.")
    ] = False
    bots: Annotated[
        tuple[str, ...],
        msgspec.Meta(title="Robots", description="Accounts of programs.", examples=[["@ci:x.org"]]),
    ] = ()
