"""Network ``stackexchange``: questions and answers of a site, by the API or from a data dump.

Reads questions, answers, which answer was accepted, comments, and who wrote them. Keys are the site's own numbers, the
same in the API and in a dump. An acceptance has no time of its own: it is dated by the answer. An account that was
deleted is known by its number where the site still shows it (``user123``).

Can't: votes, which are nobody's; who edited; questions of the API that were deleted.
Resume and growth: the API is read from the question that was quiet for the longest to the one that was active last, and
on from there. A dump is read line by line; another dump from its beginning.
Deletions: neither tells of any. What is merely no longer given stays.
Privacy: all is public.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Rate, Report, hookimpl
from kith.connectors.stackexchange.config import StackExchangeConfig

__all__ = ["StackExchangeConfig", "StackExchangeConnector", "kith_connectors"]


class StackExchangeConnector:
    name = "stackexchange"
    title = "Stack Exchange"
    description = "Questions, answers and comments of a Stack Exchange site: its API, or a data dump."
    version = "1"
    Config = StackExchangeConfig
    egress = ()
    #: More than that in a second, and an address is shut out.
    rates = (Rate(25, 1.0, per="host"),)

    async def check(self, config: StackExchangeConfig, context: Context) -> Report:
        from kith.connectors.stackexchange import api, dump

        if config.dump:
            return await dump.look(config.dump, context)
        return await api.look(config, context)

    def pull(self, config: StackExchangeConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.stackexchange import api, dump

        if config.dump:
            return dump.read(config, config.dump, cursor, context)
        return api.read(config, cursor, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [StackExchangeConnector()]
