from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.http.coverage import Coverage
from kith.api.http.ids import CommunityId, EventId, InteractionId, PersonId, encode, encode_optional
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.paging import Counted, Limit, Listing
from kith.api.http.shapes import shape
from kith.api.refs import CommunityRef, PersonRef
from kith.domain.roles import evidence
from kith.domain.roles import roles as domain
from kith.store import communities as store

Kind = Annotated[Literal["detected", "curated"], Meta(description="Detected by kith, or declared by a human.")]
Level = Annotated[
    int, Meta(ge=0, le=100, description="0 is the smallest; each higher level joins some of the level below.")
]
Share = Annotated[float, Meta(ge=0, le=1)]
Rank = Annotated[int, Meta(ge=1)]
RoleName = Annotated[evidence.Name, Meta(description="Role of the person in the community.")]
Name = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=TEXT, description="Its name.", examples=["Translators"])
]
People = Annotated[list[PersonId], Meta(max_length=10_000, description="Its people; replaces all of them.")]
Many = Annotated[int, Meta(ge=0)]
SPOKEN_OF = "The day (UTC) that the numbers cover: the last that was read by a source that sees the community."


class CommunitiesParams(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    kind: Kind | None = None
    level: Level | None = None
    parent: Annotated[CommunityId | None, Meta(description="Lies within this one.")] = None
    person: Annotated[PersonId | None, Meta(description="Includes this person.")] = None
    status: Annotated[Literal["living", "ended"], Meta(description="Still exists, or has ended.")] = "living"
    ids: Annotated[tuple[CommunityId, ...], Meta(max_length=200, description="Is one of these, living or ended.")] = ()


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
    """Health of a community in the year up to that day. A share of nothing is null."""

    sentence: Annotated[
        str, Meta(description="The same in plain words.", examples=["12 people; 90% of their contact stays inside."])
    ]
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
    """People with more contact among each other than their activity explains; or as declared by a human."""

    id: CommunityId
    kind: Kind
    name: Annotated[str, Meta(description="Its topic and place, or its declared name.")]
    level: Level
    parent_id: Annotated[CommunityId | None, Meta(description="The community of a higher level that contains it.")]
    size: Annotated[int, Meta(description="How many people belong to it.", ge=0)]
    cohesion: Annotated[Share | None, Meta(description="Share of their contact that stays inside.")]
    openness: Annotated[Share | None, Meta(description="Share of the members with contact outside.")]
    born_at: Annotated[
        Instant, Meta(description="When three of its people were there; when it split off; or when it was declared.")
    ]
    ended_at: Annotated[Instant | None, Meta(description="When it ended; null: it still exists.")]
    computed_at: Annotated[Instant | None, Meta(description="Time of the last detection; null before the first.")]
    as_of: Annotated[date | None, Meta(description=f"{SPOKEN_OF} Null before the first detection.")]
    updated_at: Annotated[Instant, Meta(description="When anything of it last changed.")]

    @classmethod
    def of(cls, row: store.Community) -> "Community":
        return shape(cls, row, id=encode("community", row.id), parent_id=encode_optional("community", row.parent_id))


class CommunityDetail(Community, frozen=True):
    """A community and how it does."""

    health: Annotated[CommunityHealth | None, Meta(description="Null before the first detection.")]
    coverage: Coverage


class CommunityCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A community to declare."""

    name: Name
    people: People = []


class CommunityPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; omitted fields keep their values."""

    name: Name | UnsetType = UNSET
    people: People | UnsetType = UNSET


class CommunityPerson(msgspec.Struct, frozen=True):
    """A person in a community."""

    person: PersonRef
    belonging: Annotated[
        Share | None, Meta(description="Share of the person's ties that lead there; null where it was declared.")
    ]
    home: Annotated[bool, Meta(description="Whether it is the person's main community.")]

    @classmethod
    def of(cls, row: store.CommunityPerson, person: PersonRef) -> "CommunityPerson":
        share = None if row.belonging is None else round(row.belonging, 4)  # stored in single precision
        return shape(cls, row, person=person, belonging=share)


class CommunityRole(msgspec.Struct, frozen=True):
    """A role of a person in a community."""

    role: RoleName
    rank: Annotated[Rank, Meta(description="Rank among the holders of the role.")]
    score: Annotated[float, Meta(description="Score behind the rank; comparable only within role and community.")]
    stability: Annotated[Share, Meta(description="Share of resampled histories in which the person holds the role.")]
    sentence: Annotated[str, Meta(description="The role in plain words, with its certainty, as of that day.")]
    evidence: Annotated[
        dict[str, float | str],
        Meta(
            description="Numbers behind it, of the year up to that day unless named otherwise.",
            examples=[{"helps": 12, "people_helped": 7, "areas": "docs"}],
        ),
    ]
    interactions: Annotated[
        list[InteractionId], Meta(description="Some of the interactions behind it, the latest first.")
    ]
    computed_at: Annotated[Instant, Meta(description="When it was found.")]
    as_of: Annotated[date, Meta(description=SPOKEN_OF)]


class RoleHolder(msgspec.Struct, frozen=True):
    """A person with roles in a community."""

    person: PersonRef
    place: Annotated[
        Rank | None, Meta(description="Rank among the people who matter, by their best role; null: not among them.")
    ]
    roles: Annotated[list[CommunityRole], Meta(description="Their roles in the community.")]


class PersonRole(CommunityRole, frozen=True):
    """A role of this person, and where."""

    community: CommunityRef


class CommunityEvent(msgspec.Struct, frozen=True):
    """A change of communities between two detections."""

    id: EventId
    change: Annotated[
        Literal["birth", "death", "merge", "split"],
        Meta(description="A community appeared, ended, several became one, or one became several."),
    ]
    before: Annotated[list[CommunityRef], Meta(description="Communities before the change.")]
    after: Annotated[list[CommunityRef], Meta(description="Communities after the change.")]
    occurred_at: Annotated[Instant, Meta(description="When it was seen.")]


class CommunityHealthDay(CommunityHealth, frozen=True):
    """Health of a community on one day."""

    day: Annotated[date, Meta(description="The day (UTC) that the numbers cover.")]


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
    """The map of a community, for a frontend to draw."""

    title: Annotated[str, Meta(description="Name of the community.")]
    summary: Annotated[str, Meta(description="The map in words, as a text alternative.")]
    people: Annotated[list[MapPerson], Meta(description="At most the 3,000 people with most contact.")]
    ties: Annotated[list[MapTie], Meta(description="Each pair with contact once.")]
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
