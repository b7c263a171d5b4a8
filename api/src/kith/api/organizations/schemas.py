from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.http.ids import OrganizationId, encode
from kith.api.http.kinds import TEXT, Instant, Words
from kith.api.http.paging import Counted
from kith.api.http.shapes import shape
from kith.store import organizations as store

Name = Annotated[
    str,
    Meta(
        min_length=1, max_length=200, pattern=TEXT, description="Unique in the workspace.", examples=["Analytical Ltd"]
    ),
]
DomainName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
        max_length=253,
        description="A domain, lower case, as its owner registered it.",
        examples=["analytical.org"],
    ),
]
Domains = Annotated[
    list[DomainName],
    Meta(max_length=100, description="Who writes from there is affiliated. Free mail and social networks are refused."),
]
Url = Annotated[Annotated[str, Meta(max_length=2000)] | None, Meta(description="Its page.")]


class OrganizationsParams(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    q: Annotated[Words | None, Meta(description="Part of its name or of a domain, case ignored.")] = None
    ids: Annotated[tuple[OrganizationId, ...], Meta(max_length=200, description="Is one of these.")] = ()


class Organization(msgspec.Struct, frozen=True):
    """An employer or group."""

    id: OrganizationId
    name: Name
    domains: Domains
    url: Url
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]

    @classmethod
    def of(cls, row: store.Organization) -> "Organization":
        return shape(cls, row, id=encode("organization", row.id))


class OrganizationCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organization to be."""

    name: Name
    domains: Domains = []
    url: Url = None


class OrganizationPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; omitted fields keep their values."""

    name: Name | UnsetType = UNSET
    domains: Domains | UnsetType = UNSET
    url: Url | UnsetType = UNSET


class OrganizationDomain(msgspec.Struct, frozen=True):
    """A domain that people write from and that no organization has yet."""

    domain: DomainName
    people: Annotated[int, Meta(description="How many people have an address there.", ge=2)]
    identities: Annotated[int, Meta(description="How many identities.", ge=2)]

    @classmethod
    def of(cls, row: store.Domain) -> "OrganizationDomain":
        return shape(cls, row)


class OrganizationDomains(msgspec.Struct, frozen=True):
    """Domains that may be organizations."""

    data: Annotated[list[OrganizationDomain], Meta(description="The 200 with most people.")]
