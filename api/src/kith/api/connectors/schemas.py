from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(description="Name of a connector.", pattern="^[a-z][a-z0-9_.-]{0,126}$", examples=["git"])]


class Connector(msgspec.Struct, frozen=True):
    """The code that reads one network."""

    name: Name
    title: Annotated[str, Meta(description="For humans.", examples=["Git repository"])]
    description: Annotated[str, Meta(description="What it reads.")]
    version: Annotated[str, Meta(description="Its version.", examples=["1"])]
    config_schema: Annotated[
        dict[str, Any], Meta(description="JSON Schema 2020-12 of a source's config: all that a form needs.")
    ]
    capabilities: Annotated[
        list[Literal["partitions", "history", "pushes", "audits", "live", "authorization"]],
        Meta(
            description="What it does beside reading sources as a whole: channels may be chosen, history follows what "
            "is fresh, its network may push to a source's `hook`, acts can be audited, sources are let in by OAuth."
        ),
    ]


class ConnectorFault(msgspec.Struct, frozen=True):
    """A connector distribution that could not be loaded and was put aside."""

    distribution: Annotated[str, Meta(description="The installed distribution.", examples=["kith-rolodex"])]
    entry_point: Annotated[str, Meta(description="Its entry point.", examples=["rolodex"])]
    reason: Annotated[str, Meta(description="What went wrong.")]


class ConnectorList(msgspec.Struct, frozen=True):
    """The connectors of this installation."""

    data: Annotated[list[Connector], Meta(description="By name.")]
    faults: Annotated[list[ConnectorFault], Meta(description="What could not be loaded.")]
