"""The zip file that Slack makes of a workspace."""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from typing import TypeVar

import msgspec

from kith.connectors import Fatal, Limits
from kith.connectors._files import open_file
from kith.connectors.slack.workspace import Room, User

T = TypeVar("T")

_DAY = re.compile(r"([^/]+)/\d{4}-\d\d-\d\d\.json")
_LARGEST = 64 << 20  # bytes of a file in it, unpacked: a day of a channel
#: Lists of channels, by what they are.
_LISTS = {"channels": {}, "groups": {"is_private": True}, "mpims": {"is_mpim": True}, "dms": {"is_im": True}}
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError)


class Unpacked(ValueError):
    """Why a file in the archive cannot be read."""


class Export:
    """An export, open for reading. Nothing is unpacked to disk. days: names of the files with messages, in order."""

    def __init__(self, path: str, limits: Limits) -> None:
        self._file = open_file(path, limits)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except _BROKEN as error:
            self.close()
            raise Fatal(f"{path} is no whole zip file: {error}.") from error
        names = sorted({info.filename for info in self._zip.infolist()})
        found = [name for name in names if name.endswith("channels.json") and name.count("/") <= 1]
        if not found or f"{found[0].removesuffix('channels.json')}users.json" not in names:
            self.close()
            raise Fatal(f"{path} is no export of Slack: it holds no channels.json with a users.json beside it.")
        self._root = found[0].removesuffix("channels.json")
        self.days = [name for name in names if _DAY.fullmatch(name.removeprefix(self._root))]
        parts = (f"{info.filename}\0{info.CRC}\0{info.file_size}" for info in self._zip.infolist())
        self.digest = blake2b("\n".join(parts).encode(errors="replace"), digest_size=12).hexdigest()

    def close(self) -> None:
        self._file.close()

    def users(self) -> list[msgspec.Raw]:
        """Return the people. Raises Fatal."""
        try:
            return self.raws(f"{self._root}users.json")
        except Unpacked as error:
            raise Fatal(f"users.json of the export cannot be read: {error}.") from error

    def rooms(self) -> list[Room]:
        """Return the channels of all kinds; those of a list that is ill-formed are missing."""
        return [
            msgspec.structs.replace(room, **kind)
            for name, kind in _LISTS.items()
            for room in self._listed(f"{self._root}{name}.json", Room)
        ]

    def team(self) -> str:
        """Return the id of the workspace: that of most of its people."""
        teams = Counter(user.team_id for user in self._listed(f"{self._root}users.json", User) if user.team_id)
        return min(teams, key=lambda team: (-teams[team], team), default="export")

    def folder(self, day: str) -> str:
        """Return the name of the folder of a file with messages: the name or the id of its channel."""
        return day.removeprefix(self._root).partition("/")[0]

    def raws(self, name: str) -> list[msgspec.Raw]:
        """Return the items of a file. Raises Unpacked."""
        try:
            with self._zip.open(name) as member:
                data = member.read(_LARGEST + 1)
        except (*_BROKEN, KeyError) as error:
            raise Unpacked(f"{name} cannot be unpacked: {error}") from error
        if len(data) > _LARGEST:
            raise Unpacked(f"{name} unpacks to more than the {_LARGEST:,} bytes that are allowed")
        try:
            return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Unpacked(f"{name} is no list in JSON: {error}") from error

    def _listed(self, name: str, kind: type[T]) -> Iterator[T]:
        try:
            raws = self.raws(name)
        except Unpacked:
            return
        for raw in raws:
            try:
                yield msgspec.json.decode(raw, type=kind)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue  # its messages are told as those of a channel that is not known
