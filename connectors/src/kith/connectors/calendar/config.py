"""The settings of a source of calendars: a file, or a server."""

from datetime import date
from typing import Annotated

import msgspec

from kith.connectors import LocalPath, Secret, Url, Visibility


class CalendarConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either ``path`` or ``url``."""

    path: (
        Annotated[
            LocalPath,
            msgspec.Meta(
                title="File",
                description="An iCalendar file (.ics) on kith's machine; plain, gzip or Zstandard.",
                examples=["/data/meetings.ics"],
            ),
        ]
        | None
    ) = None
    url: (
        Annotated[
            Url,
            msgspec.Meta(
                title="Address",
                description="Of a CalDAV server, or of one calendar on it.",
                examples=["https://dav.example.org/ada/meetings/"],
            ),
        ]
        | None
    ) = None
    user: Annotated[str | None, msgspec.Meta(title="Name", description="With which to sign in.")] = None
    password: Annotated[
        Secret | None, msgspec.Meta(title="Password", description="Best one that the server made for kith alone.")
    ] = None
    came: Annotated[
        bool,
        msgspec.Meta(
            title="Who accepted came",
            description="Only for calendars that are kept so; else an acceptance is the will to come, and no more.",
        ),
    ] = False
    since: Annotated[
        date | None, msgspec.Meta(title="From", description="The first day that is read; else ten years ago.")
    ] = None
    timezone: Annotated[
        str | None,
        msgspec.Meta(title="Time zone", description="Of times that name none.", examples=["Europe/Berlin"]),
    ] = None
    visibility: Annotated[Visibility, msgspec.Meta(title="Visibility", description="Who may see the meetings.")] = (
        "private"
    )
