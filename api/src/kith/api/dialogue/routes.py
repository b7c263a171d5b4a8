from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kith.api.dialogue.schemas import (
    DialogueParams,
    DialogueReport,
    IdentityDialogue,
    OfPersonParams,
    Order,
    PeopleParams,
    PersonDialogue,
    PersonOfDialogue,
)
from kith.api.dialogue.show import report, show, window
from kith.api.http.coverage import get_coverage
from kith.api.http.ids import from_path
from kith.api.http.paging import CoveredPage, after, covered_page
from kith.api.http.problems import Problem
from kith.api.http.shapes import shape
from kith.api.people.moves import lead_on
from kith.api.refs import IdentityRef, PersonRef
from kith.api.selections import identities_of, is_group, people_of
from kith.projections import dialogue as projection
from kith.store import identities, objections, people
from kith.store.db import Db

_IDENTITIES = 50
_LAST = 2.0  # behind every share


@get(
    "/v1/dialogue",
    operation_id="getDialogue",
    tags=["dialogue"],
    scopes=["dialogue:read"],
    errors=["not_found", "objected"],
    cost=20,
)
async def get_dialogue(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], params: NamedDependency[DialogueParams]
) -> DialogueReport:
    """Show whether somebody converses or broadcasts.

    Our own group `team` by default. Each share has an interval and counts; below 10 conversations there is no number.
    """
    mine = await identities_of(db, workspace_id, params.of, "of")
    if params.of is not None and not is_group(params.of) and await objections.any_objects(db, workspace_id, mine):
        raise Problem("objected")
    asked = await window(db, workspace_id, params)
    (found,) = await projection.dialogues(db, workspace_id, [mine], asked)
    return await report(db, workspace_id, mine, found, asked)


@get(
    "/v1/people/{person_id:str}/dialogue",
    operation_id="getDialogueOfPerson",
    tags=["dialogue"],
    scopes=["dialogue:read"],
    errors=["not_found", "objected"],
    cost=20,
    moves=True,
)
async def get_dialogue_of_person(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    person_id: FromPath[str],
    params: NamedDependency[OfPersonParams],
) -> Response[PersonDialogue] | Redirect:
    """Show whether a person converses or broadcasts.

    As a whole, and with each identity.
    """
    mine = await people.identities_of(db, workspace_id, from_path("person", person_id))
    if not mine:
        return await lead_on(request, db, workspace_id, person_id)
    if await objections.any_objects(db, workspace_id, mine):
        raise Problem("objected")
    asked = await window(db, workspace_id, params)
    whole, *each = await projection.dialogues(db, workspace_id, [mine, *([id_] for id_ in mine)], asked)
    busiest = sorted(zip(mine, each, strict=True), key=lambda one: (-one[1].tally.acts, one[0]))[:_IDENTITIES]
    refs = await identities.get_refs(db, workspace_id, [id_ for id_, _ in busiest])
    shown = await report(db, workspace_id, mine, whole, asked)
    by_identity = [IdentityDialogue(IdentityRef.of(refs[id_]), show(found)) for id_, found in busiest if id_ in refs]
    return Response(shape(PersonDialogue, shown, identities=by_identity))


@get(
    "/v1/dialogue/people",
    operation_id="listDialogueOfPeople",
    tags=["dialogue"],
    scopes=["dialogue:read", "people:read"],
    errors=["not_found"],
    cost=50,
)
async def list_dialogue_of_people(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[PeopleParams],
) -> Response[CoveredPage[PersonOfDialogue]]:
    """List people of a group or community by how far they converse.

    Of our own group `team` by default. Who converses least comes first, and who did too little for a number comes last.
    """
    members = await objections.scored(db, workspace_id, await people_of(db, workspace_id, params.of, "of"))
    of = await people.identities_of_all(db, workspace_id, members)
    narrow = OfPersonParams(channel=params.channel, months=params.months, as_of=params.as_of)
    asked = await window(db, workspace_id, narrow)
    found = await projection.dialogues(db, workspace_id, list(of.values()), asked)
    key = after(request, params, tuple[float, UUID])
    ranked = sorted((_place(each, params.order), id_, each) for id_, each in zip(of, found, strict=True))
    rows = [row for row in ranked if key is None or row[:2] > key][: params.limit + 1]
    refs = await people.get_refs(db, workspace_id, [id_ for _, id_, _ in rows])
    coverage = await get_coverage(db, workspace_id)
    return covered_page(
        request,
        params,
        rows,
        lambda row: PersonOfDialogue(PersonRef.of(refs[row[1]]), show(row[2])),
        lambda row: row[:2],
        coverage,
    )


def _place(found: projection.Dialogue, order: Order) -> float:
    share = getattr(found, order)
    return _LAST if share is None else share.share


ROUTES = [get_dialogue, get_dialogue_of_person, list_dialogue_of_people]
