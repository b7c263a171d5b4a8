"""Network of your choice: anything that can push JSON, by a mapping of it to records (docs/mapping.md).

Takes signed deliveries at the address that the source shows as ``hook``, and deliveries of the past from a file.

Can't: what is pushed as forms or XML; what is not signed.
Resume and growth: each delivery stands for itself; keys repeat, so that one that comes twice is told once.
Deletions: a template may make a ``tombstone`` or an ``ending`` of a delivery that tells of one.
Privacy: as the mapping says; what it leaves out is private.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Delivery, Page, Pushes, Received, Report, hookimpl
from kith.connectors.webhook.config import Signed, WebhookConfig

__all__ = ["Signed", "WebhookConfig", "WebhookConnector", "kith_connectors"]


class WebhookConnector:
    name = "webhook"
    title = "Webhook"
    description = "Anything that can push JSON, by a mapping of it."
    version = "1"
    Config = WebhookConfig
    pushes = Pushes(Signed().signature())

    async def check(self, config: WebhookConfig, context: Context) -> Report:
        from kith.connectors.webhook.reader import look

        return await look(config, context)

    def pull(self, config: WebhookConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.webhook.reader import read

        return read(config, cursor, context)

    def pushes_of(self, config: WebhookConfig) -> Pushes:
        """Return how this source's deliveries are signed, and which headers its mapping needs."""
        from kith.connectors.webhook.reader import headers_of

        return Pushes(config.signature.signature(), headers_of(config), config.challenge)

    async def receive(self, config: WebhookConfig, delivery: Delivery, context: Context) -> Received:
        from kith.connectors.webhook.reader import receive

        return receive(config, delivery)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [WebhookConnector()]
