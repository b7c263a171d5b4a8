"""The settings of a source of feeds."""

from typing import Annotated

import msgspec

from kith.connectors import Secret, Url


class FeedsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One feed, or a list of feeds."""

    address: Annotated[
        Url,
        msgspec.Meta(
            title="Address",
            description="A feed (RSS, Atom, JSON Feed), or a list of feeds (OPML).",
            examples=["https://blog.example.org/feed.xml"],
        ),
    ]
    archives: Annotated[
        bool,
        msgspec.Meta(title="Archives", description="Whether older pages are read too, where the feed names them."),
    ] = True
    hook_secret: Annotated[
        Secret | None,
        msgspec.Meta(
            title="Secret for hubs",
            description="Any text of your own. With it hubs that feeds name are asked to push (WebSub), and sign.",
        ),
    ] = None
