"""A distribution to start from: a connector that asks a server, with tests that pass at once."""

import re
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)+")


def scaffold(name: str, folder: Path) -> Path:
    """Write the distribution ``name``, such as acme-forum, into a new folder; return it. Raises ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a distribution: your own, a hyphen and the network's, as acme-forum.")
    made = folder / name
    if made.exists():
        raise ValueError(f"{made} is already there.")
    vendor, _, network = name.partition("-")
    words = {"DIST": name, "MODULE": name.replace("-", "_"), "VENDOR": vendor, "NETWORK": network.replace("-", "_"),
             "CLASS": "".join(part.capitalize() for part in network.split("-"))}  # fmt: skip
    made.mkdir(parents=True)
    for file, text in _FILES.items():
        path = made / _filled(file, words)
        path.write_text(_filled(text, words))
    return made


def _filled(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"${name}$", word)
    return text


_FILES = {
    "pyproject.toml": """[project]
name = "$DIST$"
version = "0.1.0"
dependencies = ["kith-connectors>=0.1,<0.2"]

[project.entry-points."kith.connectors"]
$NETWORK$ = "$MODULE$"

[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
only-include = ["$MODULE$.py"]
""",
    "README.md": """# $DIST$

A connector for kith. It reads posts page by page; make it read your network.

    pip install -e . && pytest
    kith connectors read $VENDOR$.$NETWORK$ site=https://example.org token=@token.txt

Say here what it reads, what it cannot, which rights the token needs and why, how it deletes, and what is private.
""",
    "$MODULE$.py": '''"""$CLASS$: posts, page by page."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from kith.connectors import (
    Bearer,
    Connector,
    Context,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Rate,
    Record,
    Ref,
    Report,
    Secret,
    Skip,
    Url,
    by_link,
    hookimpl,
    load_cursor,
    save_cursor,
)


class $CLASS$Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    site: Annotated[Url, msgspec.Meta(title="Address", examples=["https://example.org"])]
    token: Annotated[Secret, msgspec.Meta(title="Token", description="With the right to read posts.")]


class Cursor(msgspec.Struct, frozen=True):
    """next: the page to read."""

    next: str


class Post(msgspec.Struct, frozen=True):
    id: int
    author: str
    written: datetime
    text: str


class $CLASS$:
    name = "$VENDOR$.$NETWORK$"
    title = "$CLASS$"
    description = "Posts of $NETWORK$."
    version = "1"
    Config = $CLASS$Config
    egress = ()  # besides the settings' addresses
    rates = (Rate(60, 60.0, per="source"),)

    async def check(self, config: $CLASS$Config, context: Context) -> Report:
        answer = await context.http.get(f"{config.site}/me", auth=Bearer(config.token))
        return Report(f"Signed in as {answer.json(dict[str, str]).get('name')}.")

    async def pull(self, config: $CLASS$Config, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        start = load_cursor(cursor, Cursor) or Cursor(f"{config.site}/posts?order=oldest")
        async for seen in by_link(context.http, start.next, auth=Bearer(config.token)):
            records: list[Record] = []
            skipped: list[Skip] = []
            for item in seen.answer.json(list[msgspec.Raw]):
                try:
                    records += post(config.site, msgspec.json.decode(item, type=Post))
                except (msgspec.ValidationError, ValueError) as error:
                    raw = bytes(item).decode(errors="replace")
                    skipped.append(Skip(seen.answer.url[:200], "bad_post", str(error), raw))
            yield Page(tuple(records), save_cursor(Cursor(seen.next or seen.answer.url)), tuple(skipped))


def post(site: str, one: Post) -> list[Record]:
    """Return the records of a post."""
    if one.written.tzinfo is None:
        raise ValueError("the time needs a zone")
    author = Ref("$NETWORK$", one.author, site)
    ref = InteractionRef("$NETWORK$", str(one.id), "post", host=site)
    return [
        Identity(author, name=one.author, seen_at=one.written),
        Interaction(ref, author, one.written, text=one.text),
    ]


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [$CLASS$()]
''',
    "test_$MODULE$.py": """import asyncio

from $MODULE$ import $CLASS$, $CLASS$Config
from kith.connectors import Secret
from kith.connectors.testing import Asked, FaultServer, Given, check_connector, given_json

POSTS = [{"id": id_, "author": "ada", "written": f"2026-01-0{id_}T10:00:00Z", "text": "Hi"} for id_ in (1, 2, 3, 4)]


def posts(asked: Asked) -> Given:
    page = int(asked.query.get("page", "1"))
    more = {"link": f'</posts?page={page + 1}>; rel="next"'} if page < len(POSTS) else {}
    return given_json([POSTS[page - 1], {"id": "broken"}], headers=more)


async def check() -> None:
    async with FaultServer() as server:
        server.on("/me", given_json({"name": "kith"}))
        server.on("/posts", posts)
        config = $CLASS$Config(server.url().rstrip("/"), Secret("s3cr3t-t0ken"))
        assert (await check_connector($CLASS$(), config)).tier == "leaf"


def test_it_keeps_what_kith_asks() -> None:
    asyncio.run(check())
""",
}
