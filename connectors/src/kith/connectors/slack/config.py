"""The settings of a source of Slack: an export, or a token for the Web API."""

from typing import Annotated

import msgspec

from kith.connectors import LocalPath, Secret, Url


class SlackConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either ``export`` or ``token``."""

    export: (
        Annotated[
            LocalPath,
            msgspec.Meta(
                title="Export",
                description="A zip file that Slack made of the workspace.",
                examples=["/data/acme Slack export.zip"],
            ),
        ]
        | None
    ) = None
    token: Annotated[
        Secret | None,
        msgspec.Meta(title="Token", description="Of an app of your own in the workspace (xoxb- or xoxp-)."),
    ] = None
    api: Annotated[
        Url,
        msgspec.Meta(
            title="API", description="Where the Web API is; GovSlack has its own.", examples=["https://slack.com/api"]
        ),
    ] = "https://slack.com/api"
    signing_secret: Annotated[
        Secret | None,
        msgspec.Meta(title="Signing secret", description="Of the app, by which Slack signs the events that it pushes."),
    ] = None
    channels: Annotated[
        tuple[str, ...],
        msgspec.Meta(title="Channels", description="Names or ids of those to read; none: all.", examples=[["general"]]),
    ] = ()
    private: Annotated[
        bool, msgspec.Meta(title="Private channels", description="Whether private channels are listed too.")
    ] = False
    direct: Annotated[
        bool, msgspec.Meta(title="Direct messages", description="Whether messages between a few people are listed too.")
    ] = False
    days: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=365,
            title="Days read again",
            description="How far back each run looks for edits, reactions and new replies.",
        ),
    ] = 7

    @property
    def site(self) -> str:
        """Where links to messages begin: an export does not tell the workspace's own address."""
        return "/".join(self.api.split("/", 3)[:3])
