"""Where git reads a repository from, found and looked at without git, which would follow whatever it finds there."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from kith.connectors import Fatal, Forbidden, Limits

_TEXT_BYTES = 1 << 20  # of the small files that name others
_INCLUDE = re.compile(r"\[\s*include", re.IGNORECASE)


def find_git_folder(folder: Path, limits: Limits) -> Path:
    """Return the folder that git keeps a repository in. Raises Fatal where this is none.

    Raises Forbidden where any part of it, or of what it borrows objects from, lies where sources may not read.
    """
    found = _git_folder(folder, limits)
    common = found / (_line(found / "commondir", limits) or ".")
    if not (found / "HEAD").exists() or not (common / "objects").is_dir():
        raise Fatal(f"{folder} is no git repository.")
    seen: set[str] = set()
    for part in (found, common, *_object_folders(common / "objects", limits)):
        _check(part, limits, seen)
    if limits.roots is not None and any(
        _INCLUDE.search(_text(file, limits)) for file in _configurations(found, common)
    ):
        raise Forbidden(f"{folder} has a configuration that includes other files.")
    return found.resolve()


def _configurations(found: Path, common: Path) -> tuple[Path, ...]:
    return common / "config", common / "config.worktree", found / "config.worktree"


def _git_folder(folder: Path, limits: Limits) -> Path:
    inner = folder / ".git"
    if inner.is_dir():
        return inner
    named = _line(inner, limits).removeprefix("gitdir:").strip()
    return folder / named if named else folder


def _object_folders(first: Path, limits: Limits) -> Iterator[Path]:
    """Yield where objects are: in the repository, in what it borrows from, in what that borrows from."""
    seen: set[Path] = set()
    waiting = [first]
    while waiting:
        objects = waiting.pop()
        limits.check_path(objects)
        if (real := objects.resolve()) in seen:
            continue
        seen.add(real)
        yield objects
        for line in _text(objects / "info/alternates", limits).splitlines():
            if line.startswith('"') and limits.roots is not None:
                raise Forbidden(f"{objects} borrows from a folder whose name is quoted.")
            if line and not line.startswith("#"):
                waiting.append(objects / line)


def _check(folder: Path, limits: Limits, seen: set[str]) -> None:
    """Look at each file: a link may not lead out of what may be read, and a pipe would hold git for ever.

    seen: folders without links on their way, to which those of this one are added. What such a folder holds has none
    either, unless it is one itself.
    """
    limits.check_path(folder)
    waiting = [os.path.realpath(folder)]
    while waiting:
        real = waiting.pop()
        if real in seen or not os.path.isdir(real):
            continue
        seen.add(real)
        try:
            entries = list(os.scandir(real))
        except OSError as error:
            raise Fatal(f"{real} cannot be read: {error.strerror}.") from error
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif not entry.is_file(follow_symlinks=False):
                limits.check_path(entry.path)
                waiting.append(os.path.realpath(entry.path))


def _line(path: Path, limits: Limits) -> str:
    return (_text(path, limits).splitlines() or [""])[0]


def _text(path: Path, limits: Limits) -> str:
    """Return a small file's text, empty where there is none."""
    try:
        with limits.open(path) as file:
            text = file.read(_TEXT_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise Fatal(f"{path} cannot be read: {error.strerror}.") from error
    if len(text) > _TEXT_BYTES:
        raise Fatal(f"{path} is too long.")
    return text.decode(errors="surrogateescape")
