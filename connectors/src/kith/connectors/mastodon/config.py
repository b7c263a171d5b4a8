"""The settings of a source of Mastodon."""

from typing import Annotated

import msgspec

from kith.connectors import Secret, Url


class MastodonConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to read by one server: accounts, hashtags, or all that its own people say."""

    server: Annotated[Url, msgspec.Meta(title="Server", examples=["https://mastodon.example"])]
    token: Annotated[
        Secret | None, msgspec.Meta(title="Token", description="For servers that want a sign-in, with the scope read.")
    ] = None
    accounts: Annotated[
        tuple[str, ...],
        msgspec.Meta(title="Accounts", description="Whose posts to read.", examples=[["ada", "bob@other.example"]]),
    ] = ()
    hashtags: Annotated[tuple[str, ...], msgspec.Meta(title="Hashtags", examples=[["fosdem"]])] = ()
    local: Annotated[bool, msgspec.Meta(title="Local posts", description="All public posts of this server.")] = False
    conversations: Annotated[
        bool,
        msgspec.Meta(title="Conversations", description="What a post answers and what answers it: a request for each."),
    ] = True
    likes: Annotated[
        bool, msgspec.Meta(title="Likes and shares", description="Who likes or shares a post: a request for each.")
    ] = True
    follows: Annotated[
        bool, msgspec.Meta(title="Follows", description="Who follows the accounts, and whom they follow.")
    ] = True
