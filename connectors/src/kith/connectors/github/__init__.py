"""Network ``github``: who works with whom in repositories.

Reads issues, pull requests, comments on both and within changes, reviews and approvals, merges, reactions, mentions
and, if asked for, stars. Keys are numbers that stay when people and repositories are renamed. A comment is towards the
author of the one above it, else of the issue; a review and a merge are towards the author of the pull request.

Can't: who was assigned or asked for a review; discussions; sponsors; commits, which the connector ``git`` reads.
Resume and growth: each list is read from what was changed the longest ago, and on from there.
Pushes: webhooks tell the same at once, and what was deleted.
Deletions: the API tells of none; what is merely no longer given stays. A review that was dismissed approves no more.
Privacy: what is in a public repository is public, in one that a firm shares within for members, else private.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Delivery, Page, Pushes, Rate, Received, Report, Signature, hookimpl
from kith.connectors.github.config import GitHubConfig
from kith.connectors.github.provider import GITHUB

__all__ = ["GitHubConfig", "GitHubConnector", "kith_connectors"]


class GitHubConnector:
    name = "github"
    title = "GitHub"
    description = "Issues, pull requests, reviews, comments and reactions of repositories on GitHub."
    version = "1"
    Config = GitHubConfig
    egress = ()
    #: Of one token in an hour.
    rates = (Rate(5000, 3600.0, per="source", burst=1000),)
    provider = GITHUB
    pushes = Pushes(Signature("X-Hub-Signature-256", "hook_secret", prefix="sha256="), ("x-github-event",))

    async def check(self, config: GitHubConfig, context: Context) -> Report:
        from kith.connectors.github.reader import look

        return await look(config, context)

    def pull(self, config: GitHubConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.github.reader import read

        return read(config, cursor, context)

    async def receive(self, config: GitHubConfig, delivery: Delivery, context: Context) -> Received:
        from kith.connectors.github.pushes import receive

        return await receive(config, delivery, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [GitHubConnector()]
