"""The settings of a source of IRC."""

from typing import Annotated

import msgspec

from kith.connectors import LocalPath, Visibility


class IrcConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Log files of one network."""

    path: Annotated[
        LocalPath, msgspec.Meta(title="Logs", description="A log file, or a folder with them.", examples=["/data/logs"])
    ]
    network: Annotated[str, msgspec.Meta(title="Network", min_length=1, max_length=200, examples=["irc.libera.chat"])]
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
