from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.kinds import Instant
from kith.connectors import Provider as Facts
from kith.store.providers import ProviderApp as Row

Name = Annotated[str, Meta(description="Name of a provider.", pattern="^[a-z][a-z0-9_.-]{0,62}$", examples=["github"])]
Site = Annotated[
    str,
    Meta(
        description="The instance; where a provider has but one, it may be left out.",
        pattern=r"^https?://[^/?#\s\u001c-\u001f\u0085\ufeff@]+$",
        max_length=300,
        examples=["https://gitlab.example.org"],
    ),
]


class ProviderScope(msgspec.Struct, frozen=True):
    """A scope that kith asks for."""

    name: Annotated[str, Meta(description="As the provider names it.", examples=["read:user"])]
    why: Annotated[str, Meta(description="What is read by it.")]


class ProviderApp(msgspec.Struct, frozen=True):
    """The operator's app at one instance of a provider."""

    site: Site
    client_id: Annotated[str, Meta(description="Its public name there.")]
    has_secret: Annotated[bool, Meta(description="Whether a secret is stored; it is never shown.")]
    registered: Annotated[bool, Meta(description="Whether kith registered it there by itself.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]


class Provider(msgspec.Struct, frozen=True):
    """Who lets sources in by OAuth 2."""

    name: Name
    title: Annotated[str, Meta(description="For humans.", examples=["GitHub"])]
    site: Annotated[str | None, Meta(description="Its only or usual instance; null: each source names its own.")]
    connectors: Annotated[list[str], Meta(description="Connectors whose sources it lets in.", examples=[["github"]])]
    scopes: Annotated[list[ProviderScope], Meta(description="What a person is asked to grant, and why.")]
    registers_itself: Annotated[
        bool, Meta(description="Whether kith registers an app where none was entered: nothing needs to be set up.")
    ]
    return_address: Annotated[
        str,
        Meta(
            description="To be entered as the app's redirect URI.",
            examples=["https://kith.example.org/sources/authorizations/return"],
        ),
    ]
    docs: Annotated[str | None, Meta(description="Where an app is registered.")]
    apps: Annotated[list[ProviderApp], Meta(description="The apps that are known here, by instance.")]

    @classmethod
    def of(cls, facts: Facts, connectors: list[str], rows: list[Row], return_address: str) -> "Provider":
        return cls(
            facts.name,
            facts.title,
            facts.site or None,
            connectors,
            [ProviderScope(scope.name, scope.why) for scope in facts.scopes],
            bool(facts.register),
            return_address,
            facts.docs or None,
            [ProviderApp(r.site, r.client_id, r.key_id is not None, r.registered, r.updated_at) for r in rows],
        )


class ProviderList(msgspec.Struct, frozen=True):
    """The providers of the connectors that are installed here."""

    data: Annotated[list[Provider], Meta(description="By name.")]


class ProviderSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's app at a provider."""

    client_id: Annotated[str, Meta(min_length=1, max_length=500, description="As the provider shows it.")]
    client_secret: Annotated[
        Annotated[str, Meta(min_length=1, max_length=2000)] | None,
        Meta(description="Taken and never given out; null: the app has none."),
    ] = None
    site: Site | None = None
