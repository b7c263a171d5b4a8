"""Network ``matrix``: what is said in the rooms that an account has joined.

Reads messages, answers, threads, mentions, reactions, edits, redactions, who came, went and was asked in, and names.
Keys are Matrix's own ids, unique in all of it. Of what is encrypted only who wrote when is told.

Can't: what is in encrypted messages; polls and calls; rooms that the account has not joined.
Resume and growth: the server names the place up to which all rooms are read; what is behind it, or fell into a gap, is
read room by room.
Deletions: redactions. What the server no longer gives stays.
Privacy: rooms that everybody may join are public; private rooms and direct messages are off by default.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Report, hookimpl
from kith.connectors.matrix.config import MatrixConfig

__all__ = ["MatrixConfig", "MatrixConnector", "kith_connectors"]


class MatrixConnector:
    name = "matrix"
    title = "Matrix"
    description = "Messages, threads, reactions and redactions of the Matrix rooms that an account has joined."
    version = "1"
    Config = MatrixConfig
    egress = ()
    rates = ()

    async def check(self, config: MatrixConfig, context: Context) -> Report:
        from kith.connectors.matrix.reader import look

        return await look(config, context)

    def pull(self, config: MatrixConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.matrix.reader import read

        return read(config, cursor, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [MatrixConnector()]
