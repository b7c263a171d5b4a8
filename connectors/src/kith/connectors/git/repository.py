"""A repository as the connector reads it: local, or a bare clone of a remote one."""

import fcntl
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from kith.connectors import Fatal, Limits, Reauthorize, Retry
from kith.connectors.git.addresses import Address, address_of, reach, redacted
from kith.connectors.git.layout import find_git_folder
from kith.connectors.git.merges import DEVELOP, MAIN
from kith.connectors.git.program import Git, Stream

TIPS = 500  # of the most recently moved refs: the tips of two walks have to fit into a cursor

_TEXT = 16 << 20  # bytes of the longest .mailmap that is read
_REF = re.compile(r"refs/[\w.@+/-]+(/\*)?")


class Change(NamedTuple):
    """Marks of the paths that a commit changes, and of the contents before and after; alike where these are."""

    paths: bytes
    contents: bytes


class Repository:
    """A local repository, or a bare clone of a remote one (branches and trees, no file contents)."""

    def __init__(self, git: Git, folder: Path) -> None:
        self._git = git
        self._folder = folder
        self._named = f"--git-dir={folder}"  # git looks for no other

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        return self._git.run((self._named, *arguments), self._folder, given)

    def maybe(self, *arguments: str, given: bytes = b"") -> bytes | None:
        try:
            return self.run(*arguments, given=given)
        except (Fatal, Retry, Reauthorize):
            return None

    def stream(self, *arguments: str, given: bytes = b"") -> Stream:
        return self._git.stream((self._named, *arguments), self._folder, given)

    def tips(self, patterns: Iterable[str], most: int | None = TIPS) -> tuple[list[str], int]:
        """Return the commits of the most recently moved refs, sorted, and how many others there are."""
        names = [pattern.removesuffix("/*") for pattern in patterns]
        form = "--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype)"
        found: dict[str, None] = {}
        if "HEAD" in names and (head := self.maybe("rev-parse", "--verify", "--quiet", "HEAD^{commit}")):
            found[head.decode().strip()] = None
        if refs := [name for name in names if name != "HEAD"]:
            for line in self._listed(form, "--", *refs).decode().splitlines():
                words = line.split()
                if words[-1] == "commit":
                    found[words[-2]] = None
        every = list(found)
        chosen = every[:most]
        return sorted(chosen), len(every) - len(chosen)

    def _listed(self, *arguments: str) -> bytes:
        """List refs, the most recently moved first; by name where git cannot sort by one of their dates."""
        listed = self.maybe("for-each-ref", "--sort=-committerdate", *arguments)
        return self.run("for-each-ref", *arguments) if listed is None else listed

    def history(self, tips: Iterable[str], without: Iterable[str], since: int | None = None) -> bytes:
        """Return the commits that the tips reach and the others do not, one a line, parents first, always in one order.

        since: leave out what was committed before, in seconds since 1970.
        All of them in memory: 41 bytes a commit, 55 MB for Linux.
        """
        wanted, unwanted = sorted(set(tips)), sorted(set(without))
        if not wanted:
            return b""
        given = "".join([*(f"{tip}\n" for tip in wanted), *(f"^{tip}\n" for tip in unwanted)]).encode()
        age = () if since is None else (f"--max-age={max(0, since)}",)
        return self.run("rev-list", "--reverse", "--topo-order", *age, "--stdin", given=given)

    def log(self, commits: bytes, form: str, fields: int, *options: str) -> Iterator[list[bytes]]:
        """Yield the fields of each of these commits (one a line) that the options let through, in their order."""
        if not commits:  # to git that would mean HEAD
            return
        stream = self.stream(
            "log", "--stdin", "--no-walk=unsorted", "-z", "--no-patch", "--no-notes", "--no-color", "--no-decorate",
            f"--format=tformat:{form}", *options, given=commits,
        )  # fmt: skip
        try:
            yield from stream.records(fields)
        finally:
            stream.close()

    def known(self, commits: Iterable[str]) -> set[str]:
        """Return those of the commits that the repository still holds."""
        given = "".join(f"{commit}\n" for commit in commits).encode()
        lines = self.run("cat-file", "--batch-check=%(objectname) %(objecttype)", given=given).decode().splitlines()
        return {line.split()[0] for line in lines if line.endswith(" commit")}

    def blobs(self, names: Sequence[str], most: int) -> Iterator[bytes | None]:
        """Yield the first ``most`` bytes of each blob, None where it is none; one at a time is in memory."""
        stream = self.stream("cat-file", "--batch", given="".join(f"{name}\n" for name in names).encode())
        try:
            printed = _Buffer(stream.chunks())
            for _ in names:
                words = printed.line().split()
                size = int(words[2]) if len(words) == 3 else -1
                if size < 0:
                    yield None
                    continue
                data = printed.take(min(size, most))
                printed.skip(size - len(data) + 1)
                yield data if words[1] == b"blob" else None
        finally:
            stream.close()

    def whole(self, commits: Iterable[str]) -> dict[str, str]:
        """Return the whole hash of each of these commits, perhaps abbreviated, that is in the repository."""
        asked = sorted(commits)
        given = "".join(f"{commit}\n" for commit in asked).encode()
        lines = self.run("cat-file", "--batch-check=%(objecttype) %(objectname)", given=given).decode().splitlines()
        told = zip(asked, (line.split() for line in lines), strict=True)
        return {commit: words[1] for commit, words in told if words[0] == "commit"}

    def boundary(self) -> str:
        """Return a word for where a shallow clone is cut off, which changes with that; empty where all is here."""
        if self.run("rev-parse", "--is-shallow-repository").strip() != b"true":
            return ""
        file = self._folder / self.run("rev-parse", "--git-path", "shallow").decode().strip()
        return blake2b(file.read_bytes(), digest_size=8).hexdigest()

    def main_branch(self) -> str:
        """Return the name of the main line: as the origin has it, as HEAD has it, or as main lines are called."""
        origin, head = self._points("refs/remotes/origin/HEAD").removeprefix("origin/"), self._points("HEAD")
        if origin or head in MAIN | DEVELOP:
            return origin or head
        usual = (
            name for name in ("main", "master", "trunk") if self.maybe("rev-parse", "--verify", f"refs/heads/{name}")
        )
        return next(usual, head or "main")

    def _points(self, name: str) -> str:
        """Return the branch that a symbolic ref points to, empty where it is none."""
        found = self.maybe("symbolic-ref", "--quiet", "--short", name)
        return found.decode(errors="replace").strip() if found else ""

    def origin(self) -> str | None:
        found = self.maybe("config", "--local", "--get", "remote.origin.url")
        return found.decode(errors="replace").strip() if found else None

    def mailmap(self) -> tuple[str, str, int]:
        """Return the id and the text of ``.mailmap`` at HEAD, and its size where that is too much to be read.

        Id and text are empty where there is none that can be read.
        """
        blob = self.maybe("rev-parse", "--verify", "--quiet", "HEAD:.mailmap")
        size = self.maybe("cat-file", "-s", blob.decode().strip()) if blob else None
        if size and int(size) > _TEXT:
            return "", "", int(size)
        text = self.maybe("cat-file", "blob", blob.decode().strip()) if blob and size else None
        return (blob.decode().strip(), text.decode(errors="replace"), 0) if blob and text is not None else ("", "", 0)

    def folders(self, commits: Sequence[str]) -> dict[str, str | None]:
        """Return for each commit the one top folder that it changes; None where it changes several or none.

        Where the objects for it are missing or damaged, the commit is left out.
        """
        try:
            return self._folders(commits)
        except Fatal:
            whole = self._with_trees(commits)
        if len(whole) == len(commits):
            half = len(whole) // 2
            return self.folders(whole[:half]) | self.folders(whole[half:]) if half else {}
        return self.folders(whole)

    def _folders(self, commits: Sequence[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        given = "".join(f"{commit}\n" for commit in commits).encode()
        if not given:
            return found
        stream = self.stream("diff-tree", "--stdin", "--always", "--root", "--raw", "--no-renames", "-z", given=given)
        commit, several = "", False
        try:
            words = (word for (word,) in stream.records(1))
            for word in words:
                if word.startswith(b":"):
                    path = next(words).decode(errors="replace")
                    if b"040000" in word[1:14]:
                        several = several or found[commit] is not None
                        found[commit] = None if several else path
                elif word:
                    commit, several = word.decode().strip(), False
                    found[commit] = None
        finally:
            stream.close()
        return found

    def paths(self, commits: Iterable[str]) -> dict[str, frozenset[bytes]]:
        """Return the paths that each of these commits changes; of none, where trees for it are missing."""
        found: dict[str, set[bytes]] = {}
        given = "".join(f"{commit}\n" for commit in commits).encode()
        options = ("--stdin", "--always", "--root", "--raw", "-r", "--no-renames", "-z")
        words = iter((self.maybe("diff-tree", *options, given=given) or b"").split(b"\0") if given else ())
        commit = ""
        for word in words:
            if word.startswith(b":"):
                found[commit].add(next(words))
            elif word:
                commit = word.decode().strip()
                found[commit] = set()
        return {commit: frozenset(paths) for commit, paths in found.items()}

    def changes(self, commits: Iterable[str]) -> dict[str, Change]:
        """Return what each of these commits changes; those that change nothing, or lack trees, are left out."""
        found: dict[str, Change] = {}
        given = "".join(f"{commit}\n" for commit in commits).encode()
        if not given:
            return found
        stream = self.stream(
            "diff-tree", "--stdin", "--always", "--root", "--raw", "-r", "--no-renames", "-z", given=given
        )
        commit, paths, contents = "", blake2b(digest_size=16), blake2b(digest_size=16)
        try:
            words = (word for (word,) in stream.records(1))
            for word in words:
                if word.startswith(b":"):
                    path = next(words) + b"\0"
                    paths.update(path)
                    contents.update(word + path)
                    found[commit] = Change(paths.digest(), contents.digest())
                elif word:
                    commit, paths, contents = word.decode().strip(), blake2b(digest_size=16), blake2b(digest_size=16)
        except Fatal:
            return {}
        finally:
            stream.close()
        return found

    def _with_trees(self, commits: Sequence[str]) -> list[str]:
        """Return those of the commits whose tree is here, and so is their first parent's, where they have one."""
        given = "".join(f"{commit}^{{tree}}\n{commit}^1\n{commit}^1^{{tree}}\n" for commit in commits).encode()
        kinds = [line.endswith(b"missing") for line in self.run("cat-file", "--batch-check", given=given).splitlines()]
        told = zip(commits, kinds[::3], kinds[1::3], kinds[2::3], strict=True)
        return [commit for commit, tree, parent, other in told if not tree and (parent or not other)]


class _Buffer:
    """Chunks, read by lines and lengths."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._ready = bytearray()

    def line(self) -> bytes:
        while (end := self._ready.find(b"\n")) < 0:
            self._more()
        return self.take(end + 1)

    def take(self, size: int) -> bytes:
        while len(self._ready) < size:
            self._more()
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def skip(self, size: int) -> None:
        while len(self._ready) < size:
            size -= len(self._ready)
            self._ready.clear()
            self._more()
        del self._ready[:size]

    def _more(self) -> None:
        data = next(self._chunks, None)
        if data is None:
            raise Fatal("git ended before it had printed all that was asked of it.")
        self._ready += data


def open_local(git: Git, repository: str, limits: Limits) -> Repository:
    """Open a repository of this machine. Raises Forbidden where its parts lie where sources may not read."""
    if address_of(repository):
        raise Fatal(f"{redacted(repository)} is no absolute path.")
    folder = Path(repository)
    if not folder.is_dir():
        raise Fatal(f"{repository} is no folder on kith's machine.")
    return Repository(git, find_git_folder(folder, limits))


@contextmanager
def open_clone(
    address: Address, folder: Path, patterns: Iterable[str], limits: Limits, opened: Callable[[Git], Git]
) -> Iterator[Repository]:
    """Clone a remote repository into ``folder``, or bring the clone there up to date; nobody else does meanwhile.

    opened: told of the git that does it, for another thread to end.
    """
    network = reach(address, limits)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Fatal(f"The clone cannot be kept in {folder} ({error.strerror}): see KITH_HOME.") from error
    name = blake2b(address.url.encode(), digest_size=12).hexdigest()
    with _locked(folder / "lock") as held:
        git = opened(Git(network, held))
        clone = folder / name
        _tidy(folder, clone)
        if not clone.is_dir():
            with tempfile.TemporaryDirectory(dir=folder, prefix="new-") as beginning:
                options = ("--quiet", "--bare", "--filter=blob:none", "--no-tags")
                git.run(("clone", *options, "--", address.url, f"{beginning}/clone"), folder)
                Path(beginning, "clone").rename(clone)
        repository = Repository(git, clone)
        refs = [f"+{pattern}:{pattern}" for pattern in patterns if pattern != "HEAD"]
        repository.run("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--", address.url, *refs)
        yield repository


def list_remote(git: Git, address: Address) -> int:
    """Return how many branches a remote repository has, without cloning it."""
    return len(git.run(("ls-remote", "--heads", "--", address.url), Path(tempfile.gettempdir())).splitlines())


def check_refs(patterns: Iterable[str]) -> None:
    for pattern in patterns:
        if pattern != "HEAD" and (not _REF.fullmatch(pattern) or ".." in pattern):
            raise Fatal(f"{pattern!r} is no ref: refs/heads/main, refs/heads/* or HEAD are.")


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Hold the lock. The kernel lets go when this process and every git that it began have ended."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Retry("Another run still reads this repository.") from None
        yield file.fileno()


def _tidy(folder: Path, clone: Path) -> None:
    """Remove what killed runs and former addresses left."""
    for entry in folder.iterdir():
        if entry.is_dir() and entry != clone:
            shutil.rmtree(entry, ignore_errors=True)
    for lock in clone.rglob("*.lock"):
        lock.unlink(missing_ok=True)
