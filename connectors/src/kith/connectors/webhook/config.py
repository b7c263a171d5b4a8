"""The settings of a webhook: how deliveries are signed, and what they mean."""

from typing import Annotated, Any, Literal

import msgspec

from kith.connectors import LocalPath, Secret, Signature
from kith.connectors.mapping import Template, check_zone


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How deliveries are signed with ``secret``."""

    header: Annotated[str, msgspec.Meta(title="Header", pattern=r"^[A-Za-z0-9-]{1,100}$")] = "X-Kith-Signature"
    algorithm: Annotated[
        Literal["hmac-sha256", "hmac-sha1", "hmac-sha512", "token"],
        msgspec.Meta(title="Algorithm", description="token: the header holds the secret itself."),
    ] = "hmac-sha256"
    encoding: Annotated[Literal["hex", "base64"], msgspec.Meta(title="Encoding")] = "hex"
    prefix: Annotated[str, msgspec.Meta(title="Before it", examples=["sha256="], max_length=100)] = ""
    signed: Annotated[
        str,
        msgspec.Meta(
            title="What is signed",
            examples=["v0:{timestamp}:{body}"],
            max_length=200,
            extra_json_schema={"pattern": r"\{body\}"},
        ),
    ] = "{body}"
    timestamp: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,100}$")] | None,
        msgspec.Meta(title="Header of the time", description="Seconds since 1970, part of what is signed."),
    ] = None
    window: Annotated[float, msgspec.Meta(title="Seconds that it may be off", gt=0, le=86400)] = 300.0

    def __post_init__(self) -> None:
        if "{body}" not in self.signed:
            raise ValueError("signed: it has to hold {body}, else anything would be believed")
        if "{timestamp}" in self.signed and self.timestamp is None:
            raise ValueError("timestamp: name the header that holds it")

    def signature(self) -> Signature:
        return Signature(
            self.header, "secret", self.algorithm, self.encoding, self.prefix, self.signed, self.timestamp, self.window
        )


class WebhookConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What deliveries mean, and how they are signed."""

    records: Annotated[
        tuple[Template, ...],
        msgspec.Meta(
            title="Records",
            description="What a delivery is: records of the import format, with {/pointer} in place of what it says.",
            min_length=1,
            max_length=20,
            examples=[
                [
                    {
                        "record": {
                            "type": "interaction",
                            "ref": {"network": "crm", "key": "{/call/id}", "kind": "call"},
                            "actor": {"network": "mail", "key": "{/call/by}"},
                            "occurred_at": "{/call/at|date}",
                            "targets": [{"each": "{/call/with}", "identity": {"network": "mail", "key": "{./mail}"}}],
                        },
                        "when": {"{/event}": ["call.ended"]},
                    }
                ]
            ],
        ),
    ]
    secret: Annotated[
        Secret | None, msgspec.Meta(title="Secret", description="By which deliveries are signed; else none is taken.")
    ] = None
    signature: Annotated[Signed, msgspec.Meta(title="Signature")] = Signed()
    timezone: Annotated[
        str | None,
        msgspec.Meta(title="Time zone", description="Of dates that name none.", examples=["Europe/Berlin"]),
    ] = None
    challenge: Annotated[
        str | None,
        msgspec.Meta(title="Challenge", description="The field that the sender wants back when it tries the address."),
    ] = None
    path: Annotated[
        LocalPath | None,
        msgspec.Meta(title="Past", description="Deliveries of the past, one a line, to read or to try the mapping on."),
    ] = None
    sample: Annotated[
        Any, msgspec.Meta(title="Sample", description="A delivery to try the mapping on; nothing of it is stored.")
    ] = None

    def __post_init__(self) -> None:
        check_zone(self.timezone)
