"""The walk of docs/watches.md through a real site of questions and answers, as it is written there."""

from tests.integration.api.conftest import Client
from tests.integration.api.test_walk_of_asks import questions, read
from tests.paths import ROOT, shared

TEXT = (ROOT / "docs" / "watches.md").read_text()


def written() -> list[list[str]]:
    """Return the cells of the rows of the walk's table."""
    table = TEXT.partition("<!-- walk -->\n")[2].partition("<!-- /walk -->")[0]
    return [[cell.strip() for cell in row[1:-1].split(" | ")] for row in table.splitlines()[2:]]


async def test_the_walk_is_as_it_is_written(client: Client) -> None:
    shared("data/asks-beer/acts.csv.zst")
    await read(client, questions())
    rows = written()
    assert len(rows) == 3
    for alias, mentions, speakers, latest in rows:
        body = {"aliases": [{"text": alias, "rule": "always"}]}
        tried = (await client.send("POST", "/v1/watches/previews", json=body)).json()
        assert [str(tried["mentions"]), str(tried["speakers"])] == [mentions, speakers], alias
        assert tried["samples"][0]["quote"]["text"] == latest
    body = {"aliases": [{"text": "dark", "rule": "always"}]}
    refused = (await client.send("POST", "/v1/watches/previews", json=body)).json()
    assert refused["errors"][0]["message"] in TEXT
