"""Network ``slack``: what people say in a workspace, from its export or by the Web API.

Reads messages, replies in threads, mentions, reactions, who joined, left and invited, comments on files, edits, people
and bots. The key of a person is the id within its team, that of a message its channel and time stamp, in an export and
in the API alike. Reactions have no time of their own: they are dated by their message.

Can't: files themselves; a reply to a thread older than ``days`` that nobody sent to the channel too; reactions beyond
those whose users Slack names.
Resume and growth: the cursor of an export is a place in it, and another export is read from its beginning. By the API
each channel is a partition: its newest messages first, its history behind; each run looks again at the last ``days``.
Deletions: those that Slack pushes, or shows as a tombstone. A message that is merely no longer given stays.
Privacy: channels that all may join are for members; private channels and direct messages are listed where the settings
say so, and by the API each is read where a human includes it.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import (
    Connector,
    Context,
    Delivery,
    Fatal,
    Page,
    Partition,
    Pushes,
    Received,
    Report,
    Secret,
    Signature,
    hookimpl,
    read_delivery,
)
from kith.connectors.slack.client import RATES
from kith.connectors.slack.config import SlackConfig
from kith.connectors.slack.provider import SLACK
from kith.connectors.slack.shapes import Pushed

__all__ = ["SlackConfig", "SlackConnector", "kith_connectors"]


class SlackConnector:
    name = "slack"
    title = "Slack"
    description = "Channels, threads and reactions of a Slack workspace: its export, or the Web API."
    version = "1"
    Config = SlackConfig
    egress = ()
    rates = RATES
    provider = SLACK
    pushes = Pushes(
        Signature(
            "X-Slack-Signature",
            "signing_secret",
            prefix="v0=",
            signed="v0:{timestamp}:{body}",
            timestamp="X-Slack-Request-Timestamp",
        ),
        challenge="challenge",
    )

    async def check(self, config: SlackConfig, context: Context) -> Report:
        from kith.connectors.slack import archive, reader

        if config.export and not config.token:
            return await archive.look(config.export, context)
        if config.token and not config.export:
            return await reader.look(config, config.token, context)
        raise Fatal(_EITHER)

    def pull(self, config: SlackConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.slack import archive, reader

        if config.export and not config.token:
            return archive.read(config, config.export, cursor, context)
        if config.token and not config.export:
            return reader.read_people(config, config.token, cursor, context)
        raise Fatal(_EITHER)

    def discover(self, config: SlackConfig, context: Context) -> AsyncIterator[Partition]:
        from kith.connectors.slack import reader

        return reader.discover(config, config.token, context) if config.token else _nothing()

    def read(
        self, config: SlackConfig, partition: Partition, cursor: msgspec.Raw | None, context: Context
    ) -> AsyncIterator[Page]:
        from kith.connectors.slack import reader

        return reader.read(config, _token(config), partition, cursor, context)

    def read_history(
        self, config: SlackConfig, partition: Partition, cursor: msgspec.Raw | None, context: Context
    ) -> AsyncIterator[Page]:
        from kith.connectors.slack import reader

        return reader.read_history(config, _token(config), partition, cursor, context)

    async def receive(self, config: SlackConfig, delivery: Delivery, context: Context) -> Received:
        """Return what was deleted, else that there is news: reading finds it. What is no event has none."""
        from kith.connectors.slack.messages import deleted

        pushed = read_delivery(delivery, Pushed)
        if pushed.type != "event_callback":
            return Received()
        gone = deleted(pushed)
        return Received((gone,)) if gone else Received(read=True)


_EITHER = "Name either an export or a token."


async def _nothing() -> AsyncIterator[Partition]:
    """Yield no channel: an export is read as a whole."""
    return
    yield


def _token(config: SlackConfig) -> Secret:
    if config.token is None:
        raise Fatal(_EITHER)
    return config.token


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [SlackConnector()]
