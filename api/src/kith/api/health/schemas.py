from typing import Annotated

import msgspec
from msgspec import Meta

Check = Annotated[str, Meta(description="`ok`, or what is wrong.", examples=["ok"])]


class Liveness(msgspec.Struct, frozen=True):
    """The process runs."""

    status: Annotated[str, Meta(description="Always `ok`.", examples=["ok"])] = "ok"


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be answered, with each check."""

    ready: Annotated[bool, Meta(description="Whether all checks are `ok`.")]
    database: Check
    migrations: Check
    disk: Check
    queue: Check


class ServiceVersion(msgspec.Struct, frozen=True):
    """What runs here."""

    version: Annotated[str, Meta(description="Version of kith.", examples=["0.1.0"])]
    api: Annotated[str, Meta(description="Version of the API, as in paths.", examples=["v1"])]
