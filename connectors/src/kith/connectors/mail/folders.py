"""Maildir, and folders of ``.eml`` files: one file a mail."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec

from kith.connectors import Fatal, Limits
from kith.connectors.mail import archives
from kith.connectors.mail.archives import MAIL_BYTES, Item


class FolderCursor(msgspec.Struct, frozen=True, tag="folder"):
    """The newest file read, by time of change and name, and a hash of the names up to it: a late comer changes that."""

    changed: int
    name: str
    digest: str


class Folder:
    """Files in the order in which they came; those of a Maildir are known by the part of the name without flags."""

    def __init__(self, path: str, cursor: FolderCursor | None, limits: Limits) -> None:
        self._path = Path(path)
        self._limits = limits
        self._cursor = cursor

    def close(self) -> None:
        """Nothing is held open between two mails."""

    def items(self) -> Iterator[Item]:
        found = sorted(self._files())
        read = self._cursor
        cursors = []
        digest = blake2b(digest_size=16)
        for changed, name, _ in found:
            digest.update(f"{changed} {name}\n".encode("utf-8", "surrogateescape"))
            cursors.append(FolderCursor(changed, name.encode("utf-8", "replace").decode(), digest.hexdigest()))
        last = cursors.index(read) if read in cursors else -1
        for number in range(max(0, last + 1 - archives.WARM), len(found)):
            path = found[number][2]
            self._limits.check_path(path)
            try:
                with path.open("rb") as file:
                    data = file.read(MAIL_BYTES)
            except FileNotFoundError:
                continue  # moved or deleted since the folder was listed
            except OSError as error:
                raise Fatal(f"{path} cannot be read: {error.strerror}.") from error
            yield Item(cursors[number].name, data, cursors[number], is_old=number <= last)

    def _files(self) -> Iterator[tuple[int, str, Path]]:
        """Yield time of change, name and path of each file."""
        for path in _paths(self._path):
            with suppress(FileNotFoundError):  # moved or deleted meanwhile
                yield path.stat().st_mtime_ns, _unique(path, self._path), path


def is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir()


def _unique(path: Path, root: Path) -> str:
    return (
        path.name.partition(":2,")[0]
        if is_maildir(root)
        else str(path.relative_to(root))
        if path != root
        else path.name
    )


def _paths(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    elif is_maildir(root):
        for part in ("cur", "new"):
            yield from (path for path in (root / part).iterdir() if path.is_file() and not path.name.startswith("."))
    else:
        yield from (path for path in root.rglob("*") if path.suffix.lower() == ".eml" and path.is_file())
