"""The settings of a source of IRC."""

from typing import Annotated, Literal

import msgspec

from kith.connectors import LocalPath, Secret, Server, Visibility


class IrcConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Channels of one network: log files of them, or the channels themselves."""

    network: Annotated[str, msgspec.Meta(title="Network", min_length=1, max_length=200, examples=["irc.libera.chat"])]
    path: Annotated[
        LocalPath | None,
        msgspec.Meta(title="Logs", description="A log file, or a folder with them.", examples=["/data/logs"]),
    ] = None
    channel: Annotated[
        str | None,
        msgspec.Meta(title="Channel", description="Where the files' names do not tell it.", examples=["#ceph"]),
    ] = None
    zone: Annotated[
        str, msgspec.Meta(title="Time zone", description="Of the times in the logs.", examples=["Europe/Berlin"])
    ] = "UTC"
    bots: Annotated[
        tuple[str, ...], msgspec.Meta(title="Robots", description="Nicks that are no people.", examples=[["xbot"]])
    ] = ()
    visibility: Annotated[Visibility, msgspec.Meta(title="Visibility", description="Who can read the channels.")] = (
        "public"
    )
    server: Annotated[
        Server | None,
        msgspec.Meta(title="Server", description="Where to listen, with port: 6697 with tls, else 6667."),
    ] = None
    security: Annotated[
        Literal["tls", "none"], msgspec.Meta(title="Encryption", description="none is for everybody to read.")
    ] = "tls"
    rooms: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[#&+!][^\\s,]{1,200}$")], ...],
        msgspec.Meta(title="Channels", description="Which to join and listen to.", examples=[["#ceph"]]),
    ] = ()
    nick: Annotated[
        str,
        msgspec.Meta(title="Nick", description="Under which kith is seen in them.", pattern="^[^\\s:#&,!@+]{1,30}$"),
    ] = "kith"
    password: Annotated[
        Secret | None, msgspec.Meta(title="Password", description="Of the server, or as account:password.")
    ] = None
