from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.http.coverage import Coverage
from kith.api.http.ids import CommunityId, EventId, InteractionId, PersonId, encode, encode_optional
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.paging import Limit, Listing
from kith.api.http.shapes import shape
from kith.api.refs import CommunityRef, PersonRef
from kith.domain.roles import evidence
from kith.domain.roles import roles as domain
from kith.store import communities as store

Kind = Annotated[Literal["detected", "curated"], Meta(description="Found by kith, or declared by a human.")]
Level = Annotated[int, Meta(ge=0, le=100, description="0: the smallest; each level above joins some of the one below.")]
Share = Annotated[float, Meta(ge=0, le=1)]
Rank = Annotated[int, Meta(ge=1)]
RoleName = Annotated[evidence.Name, Meta(description="What the person is to the community.")]
Name = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=TEXT, description="Its name.", examples=["Translators"])
]
People = Annotated[
    list[PersonId], Meta(max_length=10_000, description="Who belongs to it; replaced as a whole where it is given.")
]
Many = Annotated[int, Meta(ge=0)]
SPOKEN_OF = "The day (UTC) that is spoken of: the last until which a source that sees the community was read."


class CommunitiesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    kind: Kind | None = None
    level: Level | None = None
    parent: Annotated[CommunityId | None, Meta(description="Lies within this one.")] = None
    person: Annotated[PersonId | None, Meta(description="Has this person.")] = None
    status: Annotated[Literal["living", "ended"], Meta(description="Exists, or did once.")] = "living"


class CommunityPeopleParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class CommunityRolesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = 15
    role: Annotated[RoleName | None, Meta(description="Those who hold this role, by rank.")] = None


class PersonRolesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class CommunityEventsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class HealthParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class ExportParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: Annotated[
        Literal["graphml", "gexf", "csv", "people_csv"],
        Meta(description="GraphML, GEXF (Gephi), the ties as CSV (NodeXL), or the people as CSV."),
    ] = "graphml"


class CommunityHealth(msgspec.Struct, frozen=True):
    """How a community did in the year until that day. A share is null where there was nothing to take a share of."""

    people: Annotated[int, Meta(description="Members.", ge=0)]
    cohesion: Annotated[Share | None, Meta(description="Share of their contact that stays inside.")]
    openness: Annotated[Share | None, Meta(description="Share of the members with contact outside.")]
    newcomers: Annotated[int, Meta(description="Members whose first act fell into the first two thirds.", ge=0)]
    kept: Annotated[Share | None, Meta(description="Share of the newcomers who acted again in the last third.")]
    questions: Annotated[int, Meta(description="Questions that members asked.", ge=0)]
    unanswered: Annotated[Share | None, Meta(description="Share of them whose asker was not answered.")]
    peer_to_peer: Annotated[
        Share | None, Meta(description="Share of the talk inside between two who are not of the busiest tenth.")
    ]
    dependence: Annotated[
        Share | None, Meta(description="The fewest who take part in half of all talk, as a share of the members.")
    ]


class Community(msgspec.Struct, frozen=True):
    """People who are in touch with each other more than their activity alone would make; or whom a human declared."""

    id: CommunityId
    kind: Kind
    name: Annotated[str, Meta(description="What it talks about and where it meets, or as declared.")]
    level: Level
    parent_id: Annotated[CommunityId | None, Meta(description="The one of a higher level that holds it.")]
    size: Annotated[int, Meta(description="How many people belong to it.", ge=0)]
    cohesion: Annotated[Share | None, Meta(description="Share of their contact that stays inside.")]
    openness: Annotated[Share | None, Meta(description="Share of the members with contact outside.")]
    born_at: Annotated[Instant, Meta(description="When it was first seen, or declared.")]
    ended_at: Annotated[Instant | None, Meta(description="When it was no longer found; null: it exists.")]
    computed_at: Annotated[Instant | None, Meta(description="When it was last looked at; null before the first look.")]
    as_of: Annotated[date | None, Meta(description=f"{SPOKEN_OF} Null before the first look.")]
    updated_at: Annotated[Instant, Meta(description="When anything of it last changed.")]

    @classmethod
    def of(cls, row: store.Community) -> "Community":
        return shape(cls, row, id=encode("community", row.id), parent_id=encode_optional("community", row.parent_id))


class CommunityDetail(Community, frozen=True):
    """A community and how it does."""

    health: Annotated[CommunityHealth | None, Meta(description="Null before the first look.")]
    coverage: Coverage


class CommunityCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A community to be declared."""

    name: Name
    people: People = []


class CommunityPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays as it is."""

    name: Name | UnsetType = UNSET
    people: People | UnsetType = UNSET


class CommunityPerson(msgspec.Struct, frozen=True):
    """A person in a community."""

    person: PersonRef
    belonging: Annotated[
        Share | None, Meta(description="Share of the person's ties that lead there; null where it was declared.")
    ]
    home: Annotated[bool, Meta(description="Whether it is their first community; else they belong to it besides.")]

    @classmethod
    def of(cls, row: store.CommunityPerson, person: PersonRef) -> "CommunityPerson":
        share = None if row.belonging is None else round(row.belonging, 4)  # stored in single precision
        return shape(cls, row, person=person, belonging=share)


class CommunityRole(msgspec.Struct, frozen=True):
    """A role of a person in a community."""

    role: RoleName
    rank: Annotated[Rank, Meta(description="Place among those who hold it.")]
    score: Annotated[float, Meta(description="What the rank goes by; comparable within role and community alone.")]
    stability: Annotated[
        Share, Meta(description="Share of histories, with their weeks drawn again, in which the person holds it again.")
    ]
    sentence: Annotated[
        str, Meta(description="What the person does, and how sure that is, in plain words, as of that day.")
    ]
    evidence: Annotated[
        dict[str, float | str],
        Meta(
            description="What it rests on, of the year until that day unless named otherwise.",
            examples=[{"helps": 12, "people_helped": 7, "areas": "docs"}],
        ),
    ]
    interactions: Annotated[list[InteractionId], Meta(description="Some of what it rests on, the latest first.")]
    computed_at: Annotated[Instant, Meta(description="When it was found.")]
    as_of: Annotated[date, Meta(description=SPOKEN_OF)]


class RoleHolder(msgspec.Struct, frozen=True):
    """A person who matters in a community, and why."""

    person: PersonRef
    place: Annotated[
        Rank | None, Meta(description="Among those who matter here, by their best role; null: not among them.")
    ]
    roles: Annotated[list[CommunityRole], Meta(description="What they are to the community.")]


class PersonRole(CommunityRole, frozen=True):
    """A role of this person, and where."""

    community: CommunityRef


class CommunityEvent(msgspec.Struct, frozen=True):
    """What became of communities between two looks."""

    id: EventId
    change: Annotated[
        Literal["birth", "death", "merge", "split"],
        Meta(description="It came, it is gone, several went into one, or one into several."),
    ]
    before: Annotated[list[CommunityRef], Meta(description="What was there.")]
    after: Annotated[list[CommunityRef], Meta(description="What came of it.")]
    occurred_at: Annotated[Instant, Meta(description="When it was seen.")]


class CommunityHealthDay(CommunityHealth, frozen=True):
    """How a community did on one day."""

    day: Annotated[date, Meta(description="The day (UTC) that a look spoke of.")]


class MapPerson(msgspec.Struct, frozen=True):
    """A person on a map."""

    id: PersonId
    name: Annotated[str, Meta(description="Empty where none is known.")]
    x: Annotated[float, Meta(description="Rightwards; the unit is the room of one person.")]
    y: Annotated[float, Meta(description="Downwards.")]
    community: Annotated[Many | None, Meta(description="A place in the map's communities; null: without ties.")]
    strength: Annotated[float, Meta(description="What the person's contact on the map adds up to.", ge=0)]
    roles: Annotated[list[RoleName], Meta(description="Roles in the community.")]


class MapTie(msgspec.Struct, frozen=True):
    """A tie on a map."""

    first: Annotated[Many, Meta(description="A place in the map's people.")]
    second: Annotated[Many, Meta(description="Another.")]
    weight: Annotated[float, Meta(description="Their contact, faded by half each year.", ge=0)]


class MapDisc(msgspec.Struct, frozen=True):
    """A community on a map."""

    id: Annotated[CommunityId | None, Meta(description="Null for two people alone.")]
    name: Annotated[str, Meta(description="Its name.")]
    x: Annotated[float, Meta(description="Middle, rightwards.")]
    y: Annotated[float, Meta(description="Middle, downwards.")]
    radius: Annotated[float, Meta(description="Its radius.", ge=0)]
    people: Annotated[Many, Meta(description="How many people of it are on the map.")]


class CommunityMap(msgspec.Struct, frozen=True):
    """Where everyone stands, for a frontend to draw."""

    title: Annotated[str, Meta(description="Name of the community.")]
    summary: Annotated[str, Meta(description="The map in words, for those who do not see it.")]
    people: Annotated[list[MapPerson], Meta(description="The 3,000 most in touch at most.")]
    ties: Annotated[list[MapTie], Meta(description="Each pair in touch once.")]
    communities: Annotated[list[MapDisc], Meta(description="Communities within it, or itself; the largest first.")]


def shape_role(row: store.Role, name: str | None) -> dict[str, Any]:
    """Return the fields of a role as they are shown."""
    held = domain.Role(0, row.role, row.rank, row.score, row.stability, row.evidence)  # type: ignore[arg-type]  # the table checks names
    return {
        "role": row.role,
        "rank": row.rank,
        "score": row.score,
        "stability": round(row.stability, 4),  # stored in single precision
        "sentence": domain.sentence(held, name or "This person"),
        "evidence": row.evidence,
        "interactions": [encode("interaction", id_) for id_ in row.interaction_ids],
        "computed_at": row.computed_at,
        "as_of": row.as_of,
    }


def refer(id_: UUID, names: dict[UUID, str]) -> CommunityRef:
    return CommunityRef(encode("community", id_), names.get(id_, ""))
