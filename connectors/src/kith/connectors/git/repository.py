"""A repository as the connector reads it: local, or a bare clone of a remote one."""

import re
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

from kith.connectors import Fatal, Reauthorise, Retry
from kith.connectors.git.program import Git, Stream, redacted

TIPS = 500  # of the most recently moved refs: the tips of two walks have to fit into a cursor

_PROTOCOLS = "https:ssh:git:file"
_URL = re.compile(r"(https|ssh|git|file)://[^\s]+")
_SCP = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//)[^\s:]+")
_REF = re.compile(r"refs/[\w.@+/-]+(/\*)?")


class Repository:
    """A local repository, or a bare clone of a remote one (branches and trees, no file contents)."""

    def __init__(self, git: Git, folder: Path, protocols: str) -> None:
        self._git = git
        self._folder = folder
        self._protocols = protocols

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        return self._git.run(arguments, self._folder, self._protocols, given)

    def maybe(self, *arguments: str) -> bytes | None:
        try:
            return self.run(*arguments)
        except (Fatal, Retry, Reauthorise):
            return None

    def stream(self, *arguments: str, given: bytes = b"") -> Stream:
        return self._git.stream(arguments, self._folder, self._protocols, given)

    def tips(self, patterns: Iterable[str], most: int | None = TIPS) -> tuple[list[str], int]:
        """Return the commits of the most recently moved refs, sorted, and how many others there are."""
        names = [pattern.removesuffix("/*") for pattern in patterns]
        form = "--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype)"
        found: dict[str, None] = {}
        if "HEAD" in names and (head := self.maybe("rev-parse", "--verify", "--quiet", "HEAD^{commit}")):
            found[head.decode().strip()] = None
        if refs := [name for name in names if name != "HEAD"]:
            for line in self.run("for-each-ref", "--sort=-committerdate", form, "--", *refs).decode().splitlines():
                words = line.split()
                if words[-1] == "commit":
                    found[words[-2]] = None
        every = list(found)
        chosen = every[:most]
        return sorted(chosen), len(every) - len(chosen)

    def history(self, tips: Iterable[str], without: Iterable[str]) -> bytes:
        """Return the commits that the tips reach and the others do not, one a line, parents first, always in one order.

        All of them in memory: 41 bytes a commit, 55 MB for Linux.
        """
        wanted, unwanted = sorted(set(tips)), sorted(set(without))
        if not wanted:
            return b""
        given = "".join([*(f"{tip}\n" for tip in wanted), *(f"^{tip}\n" for tip in unwanted)]).encode()
        return self.run("rev-list", "--reverse", "--topo-order", "--stdin", given=given)

    def log(self, commits: bytes, form: str, fields: int) -> Iterator[list[bytes]]:
        """Yield the fields of each of these commits (one a line), in their order."""
        if not commits:  # to git that would mean HEAD
            return
        stream = self.stream(
            "log", "--stdin", "--no-walk=unsorted", "-z", "--no-patch", "--no-notes", "--no-color", "--no-decorate",
            f"--format=tformat:{form}", given=commits,
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

    def is_shallow(self) -> bool:
        return self.run("rev-parse", "--is-shallow-repository").strip() == b"true"

    def origin(self) -> str | None:
        found = self.maybe("config", "--local", "--get", "remote.origin.url")
        return found.decode(errors="replace").strip() if found else None

    def mailmap(self) -> tuple[str, str]:
        """Return the id and the text of ``.mailmap`` at HEAD, both empty where there is none."""
        blob = self.maybe("rev-parse", "--verify", "--quiet", "HEAD:.mailmap")
        text = self.maybe("cat-file", "blob", blob.decode().strip()) if blob else None
        return (blob.decode().strip(), text.decode(errors="replace")) if blob and text is not None else ("", "")

    def folders(self, commits: Iterable[str]) -> dict[str, str | None]:
        """Return for each commit the one top folder that it changes; None where it changes several or none."""
        found: dict[str, str | None] = {}
        given = "".join(f"{commit}\n" for commit in commits).encode()
        if not given:
            return found
        printed = self.run("diff-tree", "--stdin", "--always", "--root", "--raw", "--no-renames", "-z", given=given)
        commit, several = "", False
        words = iter(printed.split(b"\0"))
        for word in words:
            if word.startswith(b":"):
                path = next(words).decode(errors="replace")
                if b"040000" in word[1:14]:
                    several = several or found[commit] is not None
                    found[commit] = None if several else path
            elif word:
                commit, several = word.decode().strip(), False
                found[commit] = None
        return found


def is_remote(repository: str) -> bool:
    return bool(_URL.fullmatch(repository) or (_SCP.fullmatch(repository) and not Path(repository).exists()))


def public_name(url: str) -> str:
    """Return the name that all clones share: ``github.com/git/git`` for every way to write that address."""
    url = redacted(url.strip()).rstrip("/").removesuffix(".git").removesuffix("/")
    if url.startswith("file://") or not is_remote(url):
        return Path(url.removeprefix("file://")).name or "repository"
    if match := re.fullmatch(r"\w+://([^/:]+)(?::\d+)?/(.+)", url):
        return f"{match[1].lower()}/{match[2]}"
    host, _, path = url.rpartition("@")[2].partition(":")
    return f"{host.lower()}/{path.lstrip('/')}"


def open_local(git: Git, repository: str) -> Repository:
    if repository.startswith("-") or "::" in repository or "://" in repository:
        raise Fatal(f"{redacted(repository)} is neither a folder nor an https, ssh, git or file address.")
    folder = Path(repository).expanduser()
    if not folder.is_dir():
        raise Fatal(f"{repository} is no folder on kith's machine.")
    # Nothing may be fetched: a local repository's own configuration would say how.
    found = Repository(git, folder.resolve(), protocols="none")
    found.run("rev-parse", "--git-dir")
    return found


def open_clone(git: Git, url: str, folder: Path, patterns: Iterable[str]) -> Repository:
    """Clone ``url`` below ``folder``, or bring the clone there up to date."""
    clone = folder / blake2b(url.encode(), digest_size=12).hexdigest()
    if not clone.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="new-") as beginning:
            Repository(git, folder, _PROTOCOLS).run(
                "clone", "--quiet", "--bare", "--filter=blob:none", "--no-tags", "--", url, f"{beginning}/clone"
            )
            Path(beginning, "clone").rename(clone)
    repository = Repository(git, clone, _PROTOCOLS)
    refs = [f"+{pattern}:{pattern}" for pattern in patterns if pattern != "HEAD"]
    repository.run("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--", url, *refs)
    return repository


def list_remote(git: Git, url: str, folder: Path) -> int:
    """Return how many branches a remote repository has, without cloning it."""
    return len(git.run(("ls-remote", "--heads", "--", url), folder, _PROTOCOLS).splitlines())


def check_refs(patterns: Iterable[str]) -> None:
    for pattern in patterns:
        if pattern != "HEAD" and (not _REF.fullmatch(pattern) or ".." in pattern):
            raise Fatal(f"{pattern!r} is no ref: refs/heads/main, refs/heads/* or HEAD are.")
