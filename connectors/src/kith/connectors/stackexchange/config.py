"""The settings of a source of Stack Exchange: a site of the API, or a folder of a dump."""

from typing import Annotated

import msgspec

from kith.connectors import LocalPath, Secret, Url


class StackExchangeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site alone, for its API; or the site with ``dump``."""

    site: Annotated[
        str,
        msgspec.Meta(
            title="Site",
            description="The host of the site; of a dump, the one that it is of.",
            pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
            max_length=200,
            examples=["stackoverflow.com", "unix.stackexchange.com"],
        ),
    ]
    dump: Annotated[
        LocalPath | None,
        msgspec.Meta(title="Dump", description="A folder with Users.xml, Posts.xml and Comments.xml of a data dump."),
    ] = None
    tags: Annotated[
        tuple[str, ...],
        msgspec.Meta(title="Tags", description="Questions with all of these; of the API.", examples=[["python"]]),
    ] = ()
    key: Annotated[
        Secret | None, msgspec.Meta(title="Key", description="Of an app of Stack Apps: 10,000 requests a day, not 300.")
    ] = None
    token: Annotated[Secret | None, msgspec.Meta(title="Token", description="For a private team.")] = None
    api: Annotated[Url, msgspec.Meta(title="API")] = "https://api.stackexchange.com/2.3"
