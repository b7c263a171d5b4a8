"""Network ``gitea``: who works with whom in repositories on Gitea and Forgejo.

Reads issues, pull requests, comments on both and within changes, reviews and approvals, merges, mentions and, if asked
for, reactions, stars and members of organizations. Keys are numbers that stay when people and repositories are renamed.

Can't: who was assigned or asked for a review; who a comment within changes answers; commits, which ``git`` reads.
Resume and growth: what was changed since the last run began, by the server's clock.
Deletions: of comments and issues by the webhook alone; a star that is taken back has ended.
Privacy: what is in a public repository is public, in one that is internal for members, else private.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Delivery, Page, Pushes, Rate, Received, Report, Signature, hookimpl
from kith.connectors.gitea.config import GiteaConfig

__all__ = ["GiteaConfig", "GiteaConnector", "kith_connectors"]


class GiteaConnector:
    name = "gitea"
    title = "Gitea and Forgejo"
    description = "Issues, pull requests, reviews, comments and reactions of repositories on Gitea and Forgejo."
    version = "1"
    Config = GiteaConfig
    egress = ()
    #: No limit is named by either; this is polite to a small server.
    rates = (Rate(300, 60.0, per="source", burst=50),)
    #: Forgejo signs by this header too.
    pushes = Pushes(Signature("X-Gitea-Signature", "hook_secret"), ("x-gitea-event",))

    async def check(self, config: GiteaConfig, context: Context) -> Report:
        from kith.connectors.gitea.reader import look

        return await look(config, context)

    def pull(self, config: GiteaConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.gitea.reader import read

        return read(config, cursor, context)

    async def receive(self, config: GiteaConfig, delivery: Delivery, context: Context) -> Received:
        from kith.connectors.gitea.reader import receive

        return receive(config, delivery, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [GiteaConnector()]
