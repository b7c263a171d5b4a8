"""The connector `lists` on the members of a real Mailman 3."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kith.connectors import Missing, Page, Reauthorize, Secret, open_context
from kith.connectors.lists import ListsConfig, ListsConnector, members
from kith.connectors.testing import Facts, check_connector
from tests.labs.lab import heavy, lab
from tests.labs.mailman.server import PASSWORD, Mailman, join, mailman
from tests.unit.connectors.mailboxes import LIST

pytestmark = heavy
LISTS = ListsConnector()


@pytest.fixture(scope="module")
def server() -> Iterator[Mailman]:
    people = {f"p{number}@example.org": f"P{number}" for number in range(7)}
    with lab("Mailman 3", mailman(LIST, people)) as started:
        yield started


def config_of(server: Mailman, password: str = PASSWORD, name: str = LIST) -> ListsConfig:
    return ListsConfig(name, mailman=server.url, mailman_password=Secret(password))


async def test_it_keeps_what_kith_asks(server: Mailman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "_PAGE", 2)
    assert (await check_connector(LISTS, config_of(server))).tier == "leaf"


async def test_who_leaves_is_told_and_who_joins(server: Mailman, tmp_path: Path) -> None:
    before = await read(config_of(server), tmp_path)
    assert names(before) == {f"p{number}@example.org" for number in range(7)}
    server.leave(LIST, "p3@example.org")
    join(server, LIST, "Dora@example.org", "Dora Birk")
    after = await read(config_of(server), tmp_path)
    assert names([*before, *after]) == {*names(before), "dora@example.org"} - {"p3@example.org"}


async def test_a_wrong_password_and_another_list_are_told(server: Mailman, tmp_path: Path) -> None:
    with pytest.raises(Reauthorize):
        await read(config_of(server, "an0ther-password"), tmp_path)
    with pytest.raises(Missing):
        await read(config_of(server, name="other@lists.example.org"), tmp_path)


async def read(config: ListsConfig, folder: Path) -> list[Page]:
    async with open_context(LISTS, config, folder) as context:
        return [page async for page in LISTS.pull(config, None, context)]


def names(pages: list[Page]) -> set[str]:
    return {act.actor.key for ref, act in Facts(pages).interactions.items() if ref.kind == "join"}
