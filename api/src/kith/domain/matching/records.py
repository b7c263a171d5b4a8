"""What identity resolution reads: identities, and evidence that names two of them."""

from typing import Literal

from msgspec import Struct

Kind = Literal["human", "bot", "unknown"]
LinkKind = Literal["statement", "signed_for", "conversed"]


class Identity(Struct, frozen=True, gc=False):
    """One account, address or signature as its network shows it. Every text is as found; an empty text is unknown."""

    id: str
    name: str = ""
    address: str = ""  # an e-mail address
    network: str = ""  # with its host where it is self-hosted: "github", "mastodon:hachyderm.io"
    handle: str = ""  # on `network`; may be renamed
    account: str = ""  # the network's own immutable id, where there is one
    verified: bool = False  # the network itself vouches for the account: it is not a claim written by its bearer
    kind: Kind = "unknown"
    born: str = ""  # date of birth, YYYYMMDD
    place: str = ""  # postal address as one line
    number: str = ""  # telephone, ORCID, staff number: unique to one human


class Link(Struct, frozen=True, gc=False):
    """Evidence that names two identities, beyond what each shows of itself.

    ``statement``: rel=me in both directions, a ``.mailmap`` line, one OAuth sign-in. ``signed_for``: `count` acts of
    one that carry the other's signature. ``conversed``: `count` replies or messages between the two.
    """

    first: str
    second: str
    kind: LinkKind
    count: int = 1
