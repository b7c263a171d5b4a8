"""Network ``gitlab``: who works with whom in projects.

Reads issues, merge requests, comments and discussions on both, approvals, merges, votes and other reactions, and
mentions. Keys are numbers that stay when people and projects are renamed. A comment is towards the author of the
discussion that it is in, else of the issue; an approval, a merge and a reaction are towards the author.

Can't: who was assigned; reactions to comments; commits, which the connector ``git`` reads.
Resume and growth: each list is read from what was changed the longest ago, and on from there.
Deletions: the API tells of none; what is merely no longer given stays.
Privacy: what is in a public project is public, in an internal one for members, else private; confidential issues and
internal comments are private.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import (
    Connector,
    Context,
    Delivery,
    Page,
    Pushes,
    Rate,
    Received,
    Report,
    Signature,
    hookimpl,
    read_delivery,
)
from kith.connectors.gitlab.config import GitLabConfig
from kith.connectors.gitlab.provider import GITLAB
from kith.connectors.gitlab.shapes import Pushed

__all__ = ["GitLabConfig", "GitLabConnector", "kith_connectors"]


class GitLabConnector:
    name = "gitlab"
    title = "GitLab"
    description = "Issues, merge requests, comments and reactions of projects on GitLab."
    version = "1"
    Config = GitLabConfig
    egress = ()
    #: What gitlab.com allows for issues and merge requests of a project.
    rates = (Rate(300, 60.0, per="source", burst=50),)
    provider = GITLAB
    pushes = Pushes(Signature("X-Gitlab-Token", "hook_secret", "token"), ("x-gitlab-event",))

    async def check(self, config: GitLabConfig, context: Context) -> Report:
        from kith.connectors.gitlab.reader import look

        return await look(config, context)

    def pull(self, config: GitLabConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.gitlab.reader import read

        return read(config, cursor, context)

    async def receive(self, config: GitLabConfig, delivery: Delivery, context: Context) -> Received:
        """Return whether there is news in a project that is read: reading finds it."""
        told = read_delivery(delivery, Pushed)
        return Received(read=told.project.path_with_namespace.lower() in {name.lower() for name in config.projects})


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [GitLabConnector()]
