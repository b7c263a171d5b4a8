"""Which statements kith sends in a run: each text once, with the places in the code that send it."""

import contextlib
import functools
import json
import os
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import asyncpg
import pytest

from kith.store import db
from kith.store.db import SpreadConnection
from tests.paths import ROOT

FILE = "statements.{}.json"
_CODE = f"{ROOT}{os.sep}"
_OURS = tuple(f"{ROOT / folder / 'src'}{os.sep}" for folder in ("api", "connectors", "workers"))
#: What stands between a statement and whoever sends it: files, and functions that hand statements on.
_BETWEEN = (str(Path(asyncpg.__file__).parent), __file__, "<string>", contextlib.__file__)
#: How the driver asks what a type is.
_OF_TYPES = "typeinfo"
_HANDING_ON = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "in_turn")


class Sent(NamedTuple):
    """A statement, and the line that sends it: path from the root and number. spread: over several nodes."""

    sql: str
    path: str
    line: int
    spread: bool


_SENT: set[Sent] = set()


def record() -> None:
    """Note from now on what this process sends."""
    connection: Any = asyncpg.Connection
    for name in ("_get_statement", "execute", "copy_records_to_table"):
        setattr(connection, name, _noting(getattr(connection, name)))
    db.Connection.is_spread = True  # each in a message of its own, as several nodes hear them


def _noting(method: Any) -> Any:
    @functools.wraps(method)
    async def noted(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        _note(query, sys._getframe(1), isinstance(self, SpreadConnection))
        return await method(self, query, *arguments, **options)

    return noted


def _note(query: str, frame: FrameType | None, spread: bool) -> None:
    while frame and _hands_on(frame.f_code):
        frame = frame.f_back
    if frame and frame.f_code.co_filename.startswith(_OURS) and _OF_TYPES not in query:
        _SENT.add(Sent(query, frame.f_code.co_filename.removeprefix(_CODE), frame.f_lineno, spread))


def _hands_on(code: CodeType) -> bool:
    return code.co_filename.startswith(_BETWEEN) or (code.co_filename == db.__file__ and code.co_name in _HANDING_ON)


def keep(session: pytest.Session) -> None:
    """Write what this process sent into the folder of its run."""
    (_folder(session) / FILE.format(os.getpid())).write_text(json.dumps(sorted(_SENT)))


def kept(session: pytest.Session) -> list[Sent]:
    """Return what all processes of a run sent."""
    files = _folder(session).rglob(FILE.format("*"))
    return sorted({Sent(*each) for file in files for each in json.loads(file.read_text())})


def _folder(session: pytest.Session) -> Path:
    folders: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]  # it has no other name
    return folders.getbasetemp()
