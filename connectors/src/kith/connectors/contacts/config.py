"""The settings of a source of contacts: a file, or an address book on a server."""

from typing import Annotated

import msgspec

from kith.connectors import LocalPath, Secret, Url


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which columns of a CSV file hold what. Those that are left out are guessed, unless any is given."""

    id: str | None = None
    name: str | None = None
    given: str | None = None
    family: str | None = None
    addresses: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    organization: str | None = None
    title: str | None = None
    since: str | None = None
    until: str | None = None
    changed: str | None = None


class ContactsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either ``path`` or ``url``."""

    path: (
        Annotated[
            LocalPath,
            msgspec.Meta(
                title="File",
                description="vCards (.vcf) or a table (.csv) on kith's machine; plain, gzip or Zstandard.",
                examples=["/data/contacts.vcf"],
            ),
        ]
        | None
    ) = None
    url: (
        Annotated[
            Url,
            msgspec.Meta(
                title="Address",
                description="Of a CardDAV server, or of one address book on it.",
                examples=["https://dav.example.org/ada/contacts/"],
            ),
        ]
        | None
    ) = None
    user: Annotated[str | None, msgspec.Meta(title="Name", description="With which to sign in.")] = None
    password: Annotated[
        Secret | None, msgspec.Meta(title="Password", description="Best one that the server made for kith alone.")
    ] = None
    columns: Annotated[
        Columns | None,
        msgspec.Meta(
            title="Columns",
            description="Of a table: the names of its columns. Those of Google, Outlook and LinkedIn are known.",
            examples=[{"name": "Full name", "addresses": ["Mail", "Mail (private)"], "organization": "Firm"}],
        ),
    ] = None
    dates: Annotated[
        str | None,
        msgspec.Meta(
            title="Dates", description="How a table writes dates, where not as 2026-05-31.", examples=["%d.%m.%Y"]
        ),
    ] = None
    calling_code: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^\+[1-9]\d{0,3}$")] | None,
        msgspec.Meta(
            title="Calling code", description="Of the country of numbers that name none.", examples=["+49", "+1"]
        ),
    ] = None
