"""The known community: files, and servers of ours that answer as networks do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from kith.connectors.testing import FaultServer
from tests.labs.known.files import CALL, SITE, Blog, Export, Log, add_commit, ask, call, commit
from tests.labs.known.forges import Fediverse, Forge, Forum, GitLab
from tests.labs.known.people import ALL, NAMES, Card, address, handle, vcard, work_address
from tests.labs.known.truth import Script, Truth
from tests.labs.ngircd.server import NETWORK as IRC_NETWORK
from tests.unit.connectors import test_discourse, test_gitea, test_github, test_gitlab, test_mastodon


class Source(msgspec.Struct):
    """What kith reads. go_on: what is done there between two runs."""

    connector: str
    config: dict[str, Any]
    go_on: Callable[[], Awaitable[None]]


@asynccontextmanager
async def made(folder: Path, truth: Truth) -> AsyncIterator[list[Source]]:
    """Lend what the community does where no server of others is needed, with their address book."""
    async with FaultServer() as server:
        yield [
            *_files(folder, truth, server),
            await _export(folder, truth),
            await _log(folder, truth),
            *[await _talk(*each, truth) for each in _forges(server, truth)],
            _contacts(folder, truth, server),
        ]


def _files(folder: Path, truth: Truth, server: FaultServer) -> list[Source]:
    repo = commit(folder / "garden", truth)
    ask(folder / "dump", truth)
    call(folder / "calls.csv", truth)
    blog = Blog()
    server.on("/blog.xml", blog.given)
    for who in ALL[:8]:
        blog.write(who, truth)

    async def commit_more() -> None:
        for who in ALL[:3]:
            add_commit(repo, who, truth)

    async def write_more() -> None:
        blog.write(9, truth)

    return [
        Source("git", {"repository": str(repo.folder)}, commit_more),
        Source("stackexchange", {"site": SITE, "dump": str(folder / "dump")}, nothing),
        Source("csv", {"path": str(folder / "calls.csv"), "records": [CALL]}, nothing),
        Source("feeds", {"address": server.url("/blog.xml")}, write_more),
    ]


async def _export(folder: Path, truth: Truth) -> Source:
    """An export is made again when more was said."""
    path, place = folder / "export.zip", Export(truth)
    script = Script(place, truth, 5)
    await script.begin()
    place.write(path)

    async def go_on() -> None:
        await script.go_on()
        place.write(path)

    return Source("slack", {"export": str(path)}, go_on)


async def _log(folder: Path, truth: Truth) -> Source:
    path = folder / "shed.weechatlog"
    script = Script(Log(path, truth), truth, 4)
    await script.begin()
    return Source("irc", {"path": str(path), "network": IRC_NETWORK, "channel": "#shed"}, script.go_on)


def _forges(server: FaultServer, truth: Truth) -> list[tuple[str, dict[str, Any], Any, int]]:
    site, repositories = server.url()[:-1], ["acme/rocket"]
    hub, forge = test_github.Simulator(server), test_gitea.Forge(server)
    project, forum = test_gitlab.Simulator(server), test_discourse.Simulator(server, "/forum")
    social = test_mastodon.Simulator(server)
    accounts = [handle("fediverse", who) for who in ALL]
    for name in accounts:
        social.on(f"/api/v1/accounts/a-{name}/statuses", partial(social.posts_of, name))
    forum.on("/groups.json", lambda _: {"groups": []})
    return [
        ("github", {"repositories": repositories, "api": site}, Forge("github", hub, truth), 0),
        ("gitea", {"repositories": repositories, "site": site}, Forge("gitea", forge, truth), 1),
        ("gitlab", {"projects": repositories, "site": site}, GitLab(project, truth), 2),
        ("discourse", {"site": f"{site}/forum"}, Forum(forum, truth), 3),
        ("mastodon", {"server": site, "accounts": accounts, "follows": False}, Fediverse(social, truth), 4),
    ]


async def _talk(connector: str, config: dict[str, Any], place: Any, first: int, truth: Truth) -> Source:
    script = Script(place, truth, first)
    await script.begin()
    if isinstance(place, Forge):
        place.review(first + 3, first + 4, truth)
    return Source(connector, config, script.go_on)


async def nothing() -> None:
    """Nothing is done there later."""


def cards(site: str) -> list[Card]:
    """Return what everybody says of themselves where they keep their address: all their accounts."""
    return [
        Card(
            NAMES[who],
            (address(who), work_address(who)),
            (
                f"matrix:u/{handle('matrix', who)}:kith.test",
                f"xmpp:{handle('xmpp', who)}@chat.example",
                f"irc://{IRC_NETWORK}/{handle('irc', who)},isnick",
            ),
            (
                *(f"https://{name}.example/{handle(name, who)}" for name in ("github", "gitea", "gitlab")),
                f"https://mastodon.example/@{handle('fediverse', who)}",
                f"https://bsky.app/profile/{handle('bluesky', who)}.test",
                f"https://{SITE}/users/{who + 1}",
                f"{site}/forum/u/{handle('discourse', who)}",
            ),
        )
        for who in ALL
    ]


def own(truth: Truth, shown: list[Card]) -> None:
    """Note whose each card is, with the addresses and pages on it."""
    for who, card in enumerate(shown):
        truth.account(who, "contacts", f"card-{who}")
        for network, keys in (("mail", card.addresses), ("web", card.pages)):
            for key in keys:
                truth.account(who, network, key)
        truth.account(who, "matrix", f"@{handle('matrix', who)}:kith.test")
        truth.account(who, "xmpp", f"{handle('xmpp', who)}@chat.example")
        truth.account(who, "irc", handle("irc", who), IRC_NETWORK)


def _contacts(folder: Path, truth: Truth, server: FaultServer) -> Source:
    shown = cards(server.url()[:-1])
    own(truth, shown)
    path = folder / "people.vcf"
    path.write_text("".join(vcard(who, card) for who, card in enumerate(shown)))
    return Source("contacts", {"path": str(path)}, nothing)
