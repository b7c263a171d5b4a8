"""The settings of a source of GitLab."""

from typing import Annotated

import msgspec

from kith.connectors import Secret, Url

Project = Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+(/[\w.-]+)+$", max_length=300)]


class GitLabConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Projects, and what to read of them."""

    projects: Annotated[tuple[Project, ...], msgspec.Meta(title="Projects", min_length=1, examples=[["acme/rocket"]])]
    token: Annotated[
        Secret | None, msgspec.Meta(title="Token", description="With the scope read_api; public projects need none.")
    ] = None
    hook_secret: Annotated[
        Secret | None, msgspec.Meta(title="Secret of the webhook", description="The same as in its settings there.")
    ] = None
    site: Annotated[Url, msgspec.Meta(title="Address", description="Of a server of one's own.")] = "https://gitlab.com"
    reactions: Annotated[
        bool, msgspec.Meta(title="Reactions", description="Who votes: a request for each issue that has votes.")
    ] = True
    mentions: Annotated[
        bool, msgspec.Meta(title="Mentions", description="Who is named by @: a request for each name that is new.")
    ] = True
