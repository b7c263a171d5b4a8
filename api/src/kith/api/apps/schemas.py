from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.apps.logos import path_of
from kith.api.http.ids import AppId, SecretId, encode
from kith.api.http.kinds import TEXT, HeldScope, Instant, ScopeName
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.domain import apps
from kith.domain.logos import LARGEST
from kith.domain.redirects import LONGEST
from kith.store import apps as store

Name = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=TEXT, description="What members see.", examples=["Community map"])
]
Kind = Annotated[
    apps.Kind,
    Meta(
        description="`browser`: runs in a page or on a member's machine, and keeps no secret. `server`: keeps one. "
        "`device`: has no browser. `machine`: acts by itself, without a member."
    ),
]
_ADDRESS = Annotated[str, Meta(min_length=1, max_length=LONGEST)]
Homepage = Annotated[_ADDRESS | None, Meta(description="An https address that says what the app is.")]
Policy = Annotated[_ADDRESS | None, Meta(description="An https address that says what it does with data.")]
Logo = Annotated[
    Annotated[bytes, Meta(max_length=LARGEST)] | None,
    Meta(
        description="A PNG, JPEG or WebP of at most 1,024 pixels a side and 100,000 bytes, in base64.",
        examples=["iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="],
    ),
]
Redirects = Annotated[
    list[_ADDRESS],
    Meta(
        max_length=50,
        description="Where codes may be sent, compared letter by letter; on the member's own machine any port will do.",
        examples=[["https://app.example/callback"]],
    ),
]
Logouts = Annotated[list[_ADDRESS], Meta(max_length=50, description="Where a browser may go after signing out.")]
Origins = Annotated[
    list[_ADDRESS],
    Meta(max_length=50, description="Whose pages may call with its tokens.", examples=[["https://app.example"]]),
]
Scopes = Annotated[list[HeldScope], Meta(max_length=200, description="Names of scopes.", examples=[["people:read"]])]
Asked = Annotated[list[ScopeName], Meta(max_length=200, description="Names of scopes.", examples=[["people:read"]])]
Coordinate = Annotated[
    str,
    Meta(
        min_length=43,
        max_length=43,
        pattern="^[A-Za-z0-9_-]*$",
        description="32 bytes in base64url.",
        examples=["WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis"],
    ),
]
Shared = Annotated[bool, Meta(description="Whether other workspaces of this installation may approve it too.")]


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The public half of a key, as a JWK (RFC 7517)."""

    kty: Annotated[Literal["EC"], Meta(description="Type of the key.")]
    crv: Annotated[Literal["P-256"], Meta(description="Its curve.")]
    x: Coordinate
    y: Coordinate
    kid: Annotated[str, Meta(max_length=200, pattern=TEXT, description="Name of the key.")] | UnsetType = UNSET
    alg: Annotated[Literal["ES256"], Meta(description="Algorithm of the key.")] | UnsetType = UNSET
    use: Annotated[Literal["sig"], Meta(description="Use of the key: to sign.")] | UnsetType = UNSET


Keys = Annotated[
    list[Key],
    Meta(
        max_length=5,
        description="Public keys by which it proves its identity (`private_key_jwt`, ES256), in place of a secret.",
    ),
]


class AppsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Secret(msgspec.Struct, frozen=True):
    """A secret of an app, without its text."""

    id: SecretId
    created_at: Annotated[Instant, Meta(description="When it was made.")]
    expires_at: Annotated[Instant | None, Meta(description="When it ends because another has replaced it.")]


class App(msgspec.Struct, frozen=True):
    """An OAuth client."""

    id: Annotated[AppId, Meta(description="Its `client_id`.")]
    name: Name
    kind: Kind
    homepage: Homepage
    policy_url: Policy
    logo_path: Annotated[
        str | None,
        Meta(
            description="Where kith serves its logo.",
            examples=["/app-logos/app_06ay4x8wvrzj3w5mcsd0jpcm3w/9f86d081884c7d65"],
        ),
    ]
    redirect_uris: Redirects
    logout_uris: Logouts
    origins: Origins
    scopes: Annotated[Scopes, Meta(description="What it may ask for.")]
    shared: Shared
    keys: Keys
    owned: Annotated[bool, Meta(description="Whether this workspace may change it.")]
    registered: Annotated[bool, Meta(description="Whether it registered itself, so that nobody vouches for it.")]
    approved: Annotated[
        Scopes | None, Meta(description="What members here may grant it; null: this workspace has not approved it.")
    ]
    approved_at: Annotated[Instant | None, Meta(description="When it was approved here.")]
    secrets: Annotated[list[Secret], Meta(description="Its living secrets, the oldest first.")]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]


class CreatedApp(App, frozen=True):
    """An app and its first secret."""

    secret: Annotated[
        str | None,
        Meta(description="Shown only now: null where the app has none, and where this answer is a repeated one."),
    ]


class CreatedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret of an app, with its text."""

    id: SecretId
    created_at: Annotated[Instant, Meta(description="When it was made.")]
    secret: Annotated[str | None, Meta(description="Shown only now: null where this answer is a repeated one.")]


class AppCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An app to create; the workspace approves it with all its scopes."""

    name: Name
    kind: Kind
    scopes: Annotated[Asked, Meta(min_length=1, description="What it may ask for; not more than this token has.")]
    redirect_uris: Redirects = []
    logout_uris: Logouts = []
    origins: Origins = []
    homepage: Homepage = None
    policy_url: Policy = None
    logo: Logo = None
    shared: Shared = False
    keys: Keys = []


class AppPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fields to change; omitted fields keep their values. More scopes have to be approved too."""

    name: Name | UnsetType = UNSET
    scopes: Annotated[Asked, Meta(min_length=1)] | UnsetType = UNSET
    redirect_uris: Redirects | UnsetType = UNSET
    logout_uris: Logouts | UnsetType = UNSET
    origins: Origins | UnsetType = UNSET
    homepage: Homepage | UnsetType = UNSET
    policy_url: Policy | UnsetType = UNSET
    logo: Logo | UnsetType = UNSET
    shared: Shared | UnsetType = UNSET
    keys: Keys | UnsetType = UNSET


class SecretCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a secret replaces the one before."""

    overlap_hours: Annotated[
        int, Meta(ge=0, le=720, description="How long the one before goes on; 0 ends it at once.")
    ] = 24


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What members may grant an app."""

    scopes: Annotated[Asked | None, Meta(description="Null: all that the app asks for.")] = None


def show(row: store.App, workspace_id: object, secrets: list[store.Secret]) -> App:
    """Return an app as a workspace sees it."""
    return shape(
        App,
        row,
        id=encode("app", row.id),
        owned=row.owner_id == workspace_id,
        registered=row.owner_id is None,
        logo_path=path_of(row.id, row.logo_hash),
        keys=msgspec.convert(row.keys, list[Key]),
        secrets=[Secret(encode("app secret", one.id), one.created_at, one.expires_at) for one in secrets],
    )
