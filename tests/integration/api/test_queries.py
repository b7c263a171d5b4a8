"""No answer needs more statements because it is longer."""

import pytest

from tests.integration.api.conftest import Square
from tests.integration.api.test_tenants import foreign_ids

#: Statements of each answer, without those that begin, bind and end its transaction.
STATEMENTS = {
    "/v1/people": 2,
    "/v1/people?sort=name&q=ada": 3,
    "/v1/people/{person ada}": 8,
    "/v1/people/{person ada}/identities": 5,
    "/v1/people/{person ada}/merges": 4,
    "/v1/people/{person ada}/affiliations": 2,
    "/v1/identities/{identity ada}": 6,
    "/v1/identity-suggestions": 2,
    "/v1/decisions": 3,
    "/v1/organizations": 1,
    "/v1/people/{person ada}/timeline": 4,
    "/v1/people/{person ada}/relationships": 2,
    "/v1/people/{person ada}/trust": 9,
    "/v1/identities": 1,
    "/v1/channels": 1,
    "/v1/conversations": 1,
    "/v1/conversations/{conversation}": 3,
    "/v1/interactions": 2,
    "/v1/interactions?q=lanterns": 4,
    "/v1/interactions?person={person ada}": 4,
    "/v1/relationships": 2,
    "/v1/relationships/{person ada}/{person bo}": 16,
    "/v1/relationships/{person ada}/{person bo}/trust": 10,
    "/v1/relationships/{person ada}/{person bo}/interactions": 5,
    "/v1/asks?conversation={conversation}": 3,
    "/v1/watches": 2,
    "/v1/mentions": 4,
    "/v1/dialogue/people": 6,
    "/v1/people/{person ada}/dialogue": 7,
    "/v1/objections": 1,
    "/v1/data-reports": 1,
    "/v1/consents": 1,
    "/v1/rights-requests": 1,
    "/v1/notes": 1,
    "/v1/notes?person={person ada}": 2,
    "/v1/attributes": 1,
    "/v1/attribute-values": 1,
    "/v1/sources": 2,
    "/v1/uploads": 1,
    "/v1/imports": 1,
    "/v1/exports": 1,
    "/v1/jobs": 1,
    "/v1/search?q=lanterns&types=interaction": 7,
    "/v1/me": 0,
    "/v1/apps": 2,
    "/v1/grants": 1,
    "/v1/tokens": 1,
}


@pytest.mark.parametrize(("path", "expected"), STATEMENTS.items())
async def test_an_answer_takes_as_many_statements_as_ever(
    square: Square, statements: list[str], path: str, expected: int
) -> None:
    await foreign_ids(square, square.ours)  # so that lists are not empty, whichever tests ran before
    path = path.format(**square.ours.ids)
    square.client.app.state.tokens._known.clear()
    await square.client.get("/v1/me")  # the token is known from here on, for ten seconds
    counts = []
    for limit in (1, 200) if path.count("/") == 2 and path != "/v1/me" else (None,):
        statements.clear()
        await square.client.get(f"{path}{'&' if '?' in path else '?'}limit={limit}" if limit else path)
        counts.append(len(statements))
    assert counts == [expected] * len(counts), statements
