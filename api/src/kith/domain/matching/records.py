"""What identity resolution reads: identities, and evidence that names two of them."""

from typing import Literal

from msgspec import Struct

Kind = Literal["human", "other", "unknown"]


class Identity(Struct, frozen=True, gc=False):
    """One account, address or signature as its network shows it. Every text is as found; an empty text is unknown."""

    id: str
    name: str = ""
    address: str = ""  # an e-mail address
    network: str = ""  # with its host where it is self-hosted: "github", "mastodon:hachyderm.io"
    handle: str = ""  # on `network`; may be renamed
    account: str = ""  # the network's own immutable id, where there is one
    page: str = ""  # the address of its page, which names handle or account; without a network: a page itself
    verified: bool = False  # the network itself vouches for the account: it is not a claim written by its bearer
    kind: Kind = "unknown"  # other: a robot, a list, a firm; unknown: judged by its own words
    born: str = ""  # date of birth, YYYYMMDD
    place: str = ""  # postal address as one line
    number: str = ""  # telephone, ORCID, staff number: unique to one human


class Link(Struct, frozen=True, gc=False):
    """A verified statement that names two identities: rel=me both ways, a ``.mailmap`` line, one OAuth sign-in."""

    first: str
    second: str


class Behavior(Struct, frozen=True, gc=False):
    """What two identities that may be one person did, in doublings: 1 for one act, 2 for two, 3 for four, and so on.

    `signed`: acts of one that carry the other's signature. `conversed`: replies, messages and reviews between the two.
    `took_turns`: counterparts beyond the first that both have, where the two never acted on one day; else 0. `at_once`:
    whether both acted over and over in one half of a year.
    """

    signed: int = 0
    conversed: int = 0
    took_turns: int = 0
    at_once: bool = False
