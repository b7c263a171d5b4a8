"""The people of a workspace, kept in the source's folder: each of many channels names them by their ids."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from kith.connectors import items
from kith.connectors.slack.workspace import User, Workspace

_NAME = "people.json"


class _People(msgspec.Struct, frozen=True):
    team: str
    users: Sequence[msgspec.Raw]


async def keep(folder: Path, team: str, users: Sequence[msgspec.Raw]) -> None:
    """Keep all people, as Slack tells them."""
    await asyncio.to_thread(_keep, folder, msgspec.json.encode(_People(team, users)))


async def kept(folder: Path, site: str) -> Workspace | None:
    """Return the workspace with its people; None where they are not kept."""
    return await asyncio.to_thread(_kept, folder / _NAME, site)


def _keep(folder: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / f"{_NAME}.new"
    written.write_bytes(data)
    written.replace(folder / _NAME)


def _kept(path: Path, site: str) -> Workspace | None:
    try:
        return _read(path, path.stat().st_mtime_ns, site)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None


@lru_cache(maxsize=4)
def _read(path: Path, _: int, site: str) -> Workspace:
    people = msgspec.json.decode(path.read_bytes(), type=_People)
    workspace = Workspace(people.team, site)
    items.Told().add_all(people.users, User, "user", workspace.meet)
    return workspace
