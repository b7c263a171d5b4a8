"""Folders of mail: Maildir with its subfolders, MH, ``.eml`` and ``.emlx`` files, mboxes, and folders of all these."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from kith.connectors import Fatal, Forbidden, Limits
from kith.connectors._files import BROKEN, foreign, open_file, uncompressed
from kith.connectors.mail import mailboxes
from kith.connectors.mail.dates import Arrival
from kith.connectors.mail.mailboxes import MAIL_BYTES, Item
from kith.connectors.mail.mbox import HEAD_BYTES, Mbox, MboxCursor, is_mbox, unwrapped

MBOXES = 400  # whose places the cursor holds; of more, those that changed last

_PACKED = (".gz", ".zst")
_MAILS = (".eml", ".emlx", ".mht")
#: What mail programs keep beside the mails.
_COMPANION = re.compile(
    r"\..*|.*\.(?:msf|lock|index|cache|log|db|sqlite|dat|plist|uidl|ics)|dovecot.*|courier.*|maildir(?:folder|size)"
    r"|subscriptions|table_of_contents|msgfilterrules.*|popstate.*",
    re.IGNORECASE,
)
_DELIVERED = re.compile(r"(\d{9,10})[.,_]")


#: Archives of mail that are not read, by their first bytes.
_ARCHIVES = {
    b"!BDN": "an Outlook data file (.pst); export it as mbox or .eml",
    b"\xd0\xcf\x11\xe0": "an Outlook message (.msg); save it as .eml",
    b"\x01\x01\x01\x01": "an MMDF mailbox; convert it to mbox",
    b"BABYL": "an Rmail file; convert it to mbox",
}


class FolderCursor(msgspec.Struct, frozen=True, tag="folder"):
    """The newest file read, by time of change and name, and a hash of the names up to it: a late comer changes that.

    mboxes: where the reading of each mbox in the folder stands, by its path there. others: a hash of the names that
    are neither.
    """

    changed: int = 0
    name: str = ""
    digest: str = ""
    mboxes: dict[str, MboxCursor] = {}
    others: str = ""


class _File(NamedTuple):
    changed: int
    name: str
    path: Path
    is_mail: bool


class Folder:
    """Files of one mail each in the order in which they came, then mboxes by name, then what is neither.

    A file of a Maildir is known by the part of its name without flags.
    """

    def __init__(self, path: str, cursor: FolderCursor | None, limits: Limits) -> None:
        self._path = Path(path)
        self._limits = limits
        self._cursor = cursor or FolderCursor()
        self._open: Mbox | None = None

    def close(self) -> None:
        if self._open:
            self._open.close()

    def items(self) -> Iterator[Item]:
        mails: list[_File] = []
        mboxes: list[_File] = []
        others: dict[str, str] = {}
        closed: dict[str, str] = {}
        for file in self._files(closed):
            head = b"" if file.is_mail else head_of(str(file.path), self._limits)
            if file.is_mail or is_mbox(head):
                (mails if file.is_mail else mboxes).append(file)
            else:
                others[file.name] = archive(head) or "neither a mail nor an mbox"
        yield from self._mails(sorted(mails))
        yield from self._mboxes(sorted(mboxes, key=lambda file: file.name))
        yield from self._others(others | closed)

    def _mails(self, found: list[_File]) -> Iterator[Item]:
        cursors = []
        digest = blake2b(digest_size=16)
        for file in found:
            digest.update(f"{file.changed} {file.name}\n".encode("utf-8", "surrogateescape"))
            name = file.name.encode("utf-8", "replace").decode()
            cursors.append((file.changed, name, digest.hexdigest()))
        read = (self._cursor.changed, self._cursor.name, self._cursor.digest)
        last = cursors.index(read) if read in cursors else -1
        for number in range(max(0, last + 1 - mailboxes.WARM), len(found)):
            changed, name, digested = cursors[number]
            if number > last:
                self._cursor = msgspec.structs.replace(self._cursor, changed=changed, name=name, digest=digested)
            path = found[number].path
            try:
                mail, arrived, is_cut = _mail(path, self._limits)
            except FileNotFoundError:
                continue  # moved or deleted since the folder was listed
            except OSError as error:
                raise Fatal(f"{path} cannot be read: {error.strerror}.") from error
            except BROKEN as error:
                yield Item(name, b"", self._cursor, number <= last, unread=f"breaks off: {error}")
                continue
            form = archive(mail[:HEAD_BYTES]) or ""
            yield Item(name, mail, self._cursor, number <= last, arrived=arrived, is_cut=is_cut, unread=form)

    def _mboxes(self, found: list[_File]) -> Iterator[Item]:
        known = {file.name for file in sorted(found)[-MBOXES:]}
        warm = mailboxes.WARM
        places = self._cursor.mboxes
        for file in reversed(found):  # the last of them are read again, as far as later mails need them
            place = places.get(file.name)
            if place and warm <= 0:
                places = {**places, file.name: msgspec.structs.replace(place, warm=(place.offset, place.mails))}
            warm -= place.mails if place else 0
        for file in found:
            self._open = Mbox(str(file.path), places.get(file.name), self._limits)
            try:
                for item in self._open.items():
                    if not item.is_old and file.name in known and isinstance(item.cursor, MboxCursor):
                        kept = {name: place for name, place in self._cursor.mboxes.items() if name in known}
                        self._cursor = msgspec.structs.replace(self._cursor, mboxes={**kept, file.name: item.cursor})
                    yield item._replace(place=f"{file.name}, {item.place}", cursor=self._cursor)
            finally:
                self._open.close()

    def _others(self, reasons: dict[str, str]) -> Iterator[Item]:
        """Yield what is not read, once, by its name and with the reason."""
        names = sorted(reasons)
        digest = blake2b("\n".join(names).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        is_old = digest == self._cursor.others or not names
        self._cursor = msgspec.structs.replace(self._cursor, others=digest)
        for name in names:
            yield Item(name.encode("utf-8", "replace").decode(), b"", self._cursor, is_old, unread=reasons[name])

    def _files(self, closed: dict[str, str]) -> Iterator[_File]:
        """Yield the files; put the names of what may not be read into ``closed``, with the reason."""
        for path, name in _walk(self._path, self._path, _Gate(self._limits, self._path, closed)):
            try:
                changed = path.stat().st_mtime_ns
            except FileNotFoundError:
                continue  # moved or deleted meanwhile
            yield _File(changed, name, path, _is_mail(path, self._path))


def archive(head: bytes) -> str | None:
    """Return what a file that begins so is, where it is no mail that can be read."""
    return next((name for magic, name in _ARCHIVES.items() if head.startswith(magic)), foreign(head))


def is_maildir(path: Path) -> bool:
    """Whether a folder is one, also as copies have it, which leave empty folders out."""
    cur = path / "cur"
    return cur.is_dir() and (
        (path / "new").is_dir() or (path / "tmp").is_dir() or any(":2," in name.name for name in cur.iterdir())
    )


class _Gate:
    """Lets through what may be read, each folder once: links may lead out, or in circles."""

    def __init__(self, limits: Limits, root: Path, closed: dict[str, str]) -> None:
        self._limits = limits
        self._root = root
        self._closed = closed
        self._seen: set[Path] = set()

    def lets(self, path: Path) -> bool:
        try:
            self._limits.check_path(path)
        except Forbidden:
            where = "a link out of the folders that sources may read" if path.is_symlink() else "no regular file"
            self._closed[str(path.relative_to(self._root))] = where
            return False
        return True

    def enters(self, folder: Path) -> bool:
        real = folder.resolve()
        is_new = real not in self._seen
        self._seen.add(real)
        return is_new and self.lets(folder)


def head_of(path: str, limits: Limits) -> bytes:
    """Return the first bytes of a file, unpacked; of one that breaks off, a separator, so that reading it says so."""
    with open_file(path, limits) as file:
        try:
            return uncompressed(file).read(HEAD_BYTES)
        except BROKEN:
            return b"From "


def _walk(folder: Path, root: Path, gate: _Gate) -> Iterator[tuple[Path, str]]:
    """Yield the files of a folder and of those in it, each with its name there."""
    if folder.is_file():
        yield folder, folder.name
        return
    if not gate.enters(folder):
        return
    entries = sorted(folder.iterdir())
    if is_maildir(folder):
        inside = str(folder.relative_to(root)) + "/" if folder != root else ""
        for part in filter(gate.enters, filter(Path.is_dir, (folder / "cur", folder / "new"))):
            for path in part.iterdir():
                if not path.name.startswith(".") and not path.is_dir() and gate.lets(path) and path.is_file():
                    yield path, inside + path.name.partition(":2,")[0].partition(";2,")[0]
        entries = [entry for entry in entries if entry.is_dir() and entry.name not in ("cur", "new", "tmp")]
    for entry in entries:
        if entry.is_dir():
            yield from _walk(entry, root, gate)
        elif not _COMPANION.fullmatch(entry.name) and gate.lets(entry) and entry.is_file():
            yield entry, str(entry.relative_to(root))


def _is_mail(path: Path, root: Path) -> bool:
    """Whether a file holds one mail, as far as its name and its place tell."""
    name = path.name.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    in_maildir = path.parent.name in ("cur", "new") and is_maildir(path.parent.parent)
    return path == root or in_maildir or name.endswith(_MAILS) or name.isdigit()


def _mail(path: Path, limits: Limits) -> tuple[bytes, Arrival, bool]:
    """Return a file's mail, when it came, by its separator, else by a Maildir's name for it, and whether it is cut."""
    with limits.open(path) as file:
        data = uncompressed(file).read(MAIL_BYTES + 1)
    data, is_cut = data[:MAIL_BYTES], len(data) > MAIL_BYTES
    if path.suffix.lower() == ".emlx":  # Apple: the mail's size in bytes, the mail, what is known about it
        size, _, rest = data.partition(b"\n")
        data = rest[: int(size)] if size.strip().isdigit() else data
    mail, arrived = unwrapped(data)
    delivered = _DELIVERED.match(path.name) if path.parent.name in ("cur", "new") else None
    came = Arrival(datetime.fromtimestamp(int(delivered[1]), UTC), False) if delivered else Arrival(arrived)
    return mail, came, is_cut
