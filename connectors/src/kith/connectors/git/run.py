"""One run: open the repository, read it, clean up."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec

from kith.connectors import Channel, Page, Ref, Report
from kith.connectors.git.config import GitConfig
from kith.connectors.git.program import Git
from kith.connectors.git.repository import (
    Repository,
    check_refs,
    is_remote,
    list_remote,
    open_clone,
    open_local,
    public_name,
)
from kith.connectors.git.walk import Reader


class Run:
    """The pages of one run. They block: take them off the event loop; ``close``, from any thread, ends the work."""

    def __init__(self, config: GitConfig, cursor: msgspec.Raw | None) -> None:
        self._config = config
        self._cursor = cursor
        self._git = Git()

    def pages(self) -> Iterator[Page]:
        config = self._config
        with ExitStack() as stack:
            folder = config.cache
            if folder is None and is_remote(config.repository):
                folder = stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="kith-git-", ignore_cleanup_errors=True)
                )
            repository = _open(self._git, config, folder)
            name = config.channel or public_name(_address(config, repository))
            channel = Channel(Ref("git", name), "repository", name, visibility=config.visibility)
            yield from Reader(repository, config.refs, channel, self._cursor).pages()

    def close(self) -> None:
        self._git.close()


def look_at(config: GitConfig) -> Report:
    check_refs(config.refs)
    git = Git()
    if is_remote(config.repository):
        branches = list_remote(git, config.repository, Path(tempfile.gettempdir()))
        warnings = () if config.cache else ("Without a folder for clones each run clones anew.",)
        return Report(f"{public_name(config.repository)} has {branches} branches.", warnings)
    repository = open_local(git, config.repository)
    tips, others = repository.tips(config.refs)
    found = [] if tips else ["There is nothing to read yet: no commits below these refs."]
    if others:
        found.append(f"{others} refs with the oldest tips are not read; name fewer by `refs`.")
    if repository.is_shallow():
        found.append("This is a shallow clone: older history is not here.")
    name = config.channel or public_name(_address(config, repository))
    commits = repository.history(tips, ()).count(b"\n")
    return Report(f"{name}: {commits} commits.", tuple(found))


def _open(git: Git, config: GitConfig, folder: str | None) -> Repository:
    check_refs(config.refs)
    if folder is not None and is_remote(config.repository):
        return open_clone(git, config.repository, Path(folder), config.refs)
    return open_local(git, config.repository)


def _address(config: GitConfig, repository: Repository) -> str:
    """Return the address that clones share, else the folder."""
    return config.repository if is_remote(config.repository) else repository.origin() or config.repository
