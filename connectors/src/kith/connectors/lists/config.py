"""The settings of the archive of one mailing list."""

from typing import Annotated, Literal

import msgspec

from kith.connectors import Secret, Server, Url, Visibility


class ListsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One list: its archive, its members, or both."""

    list: Annotated[
        str,
        msgspec.Meta(
            title="Mailing list",
            description="Its address: under it, mails from any archive meet in one channel.",
            pattern="^[^@\\s]+@[^@\\s]+$", max_length=300, examples=["dev@lists.example.org"],
        ),
    ]  # fmt: skip
    archive: Annotated[
        Url | None,
        msgspec.Meta(
            title="Archive",
            description="The page where it begins.",
            examples=["https://lore.example.org/dev/", "https://lists.example.org/pipermail/dev/"],
        ),
    ] = None
    kind: Annotated[
        Literal["public_inbox", "pipermail", "hyperkitty"],
        msgspec.Meta(title="Kind of archive", description="hyperkitty is the archive of Mailman 3."),
    ] = "public_inbox"
    news: Annotated[
        Server | None,
        msgspec.Meta(
            title="News server", description="In place of an archive (NNTP), with port: 563 with TLS, else 119."
        ),
    ] = None
    group: Annotated[
        Annotated[str, msgspec.Meta(pattern="^[^\\s*?,]+$", max_length=200)] | None,
        msgspec.Meta(title="Newsgroup", examples=["org.example.dev"]),
    ] = None
    encrypted: Annotated[bool, msgspec.Meta(title="TLS", description="Whether the news server is reached by TLS.")] = (
        True
    )
    user: Annotated[
        Annotated[str, msgspec.Meta(max_length=300)] | None,
        msgspec.Meta(title="User", description="Of the news server."),
    ] = None
    password: Annotated[Secret | None, msgspec.Meta(title="Password", description="Of the news server.")] = None
    mailman: Annotated[
        Url | None,
        msgspec.Meta(
            title="Mailman", description="The REST interface of Mailman 3, for the members of the list.",
            examples=["http://lists.example.org:8001/3.1"],
        ),
    ] = None  # fmt: skip
    mailman_user: Annotated[str, msgspec.Meta(title="User of Mailman", max_length=300)] = "restadmin"
    mailman_password: Annotated[Secret | None, msgspec.Meta(title="Password of Mailman")] = None
    visibility: Annotated[
        Visibility, msgspec.Meta(title="Visibility", description="Who may see what is said on the list.")
    ] = "private"
