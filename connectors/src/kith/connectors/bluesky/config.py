"""The settings of a source of Bluesky."""

from typing import Annotated

import msgspec

from kith.connectors import Secret, Url


class BlueskyConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to read of the network: accounts, lists of accounts, or hashtags."""

    accounts: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            title="Accounts", description="Whose posts to read: handles or DIDs.", examples=[["ada.bsky.social"]]
        ),
    ] = ()
    lists: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^at://[^\\s]{1,300}$")], ...],
        msgspec.Meta(
            title="Lists",
            description="Lists of accounts whose posts to read.",
            examples=[["at://did:plc:abc/app.bsky.graph.list/3k"]],
        ),
    ] = ()
    hashtags: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            title="Hashtags", description="The public server wants a sign-in for them.", examples=[["fosdem"]]
        ),
    ] = ()
    server: Annotated[
        Url,
        msgspec.Meta(title="Server", description="With a password, the account's own, such as https://bsky.social."),
    ] = "https://public.api.bsky.app"
    handle: Annotated[
        Annotated[str, msgspec.Meta(max_length=300)] | None,
        msgspec.Meta(title="Handle", description="Of the account by which to read."),
    ] = None
    password: Annotated[
        Secret | None, msgspec.Meta(title="App password", description="Of that account; not the one it signs in with.")
    ] = None
    conversations: Annotated[
        bool, msgspec.Meta(title="Conversations", description="All of what a post is part of: a request for each.")
    ] = True
    likes: Annotated[
        bool,
        msgspec.Meta(
            title="Likes, shares and quotes", description="Who likes, shares or quotes a post: a request for each."
        ),
    ] = True
    follows: Annotated[
        bool, msgspec.Meta(title="Follows", description="Who follows the accounts, and whom they follow.")
    ] = True
    revisit: Annotated[
        int,
        msgspec.Meta(
            title="Days to look back",
            description="Posts so young are read again once a day, for what answered them later.",
            ge=0,
            le=60,
        ),
    ] = 3
    jetstream: Annotated[
        Url | None,
        msgspec.Meta(
            title="Jetstream",
            description="Where to hear at once what the accounts do, and delete.",
            examples=["https://jetstream2.us-east.bsky.network"],
        ),
    ] = None
