"""One run: open the repository, read it, clean up."""

from collections.abc import Iterator
from contextlib import ExitStack

import msgspec

from kith.connectors import Channel, Context, Page, Ref, Report
from kith.connectors.git.addresses import address_of, public_key, public_name, reach
from kith.connectors.git.config import GitConfig
from kith.connectors.git.program import Git
from kith.connectors.git.repository import check_refs, list_remote, open_clone, open_local
from kith.connectors.git.walk import Reader

KEY_CHARACTERS = 900  # areas add theirs


class Run:
    """The pages of one run. They block: take them off the event loop; ``close``, from any thread, ends the work."""

    def __init__(self, config: GitConfig, cursor: msgspec.Raw | None, context: Context) -> None:
        self._config = config
        self._cursor = cursor
        self._context = context
        self._git = Git()
        self._closed = False

    def pages(self) -> Iterator[Page]:
        config, limits = self._config, self._context.limits
        check_refs(config.refs)
        with ExitStack() as stack:
            if address := address_of(config.repository):
                clone = open_clone(address, self._context.folder, config.refs, limits, self._use)
                repository, known_as = stack.enter_context(clone), address.url
            else:
                repository = open_local(self._git, config.repository, limits)
                known_as = repository.origin() or config.repository
            name, key = config.channel or public_name(known_as), config.channel or public_key(known_as)
            channel = Channel(Ref("git", key[-KEY_CHARACTERS:]), "repository", name, visibility=config.visibility)
            yield from Reader(repository, config.refs, channel, known_as, self._cursor).pages()

    def close(self) -> None:
        self._closed = True
        self._git.close()

    def _use(self, git: Git) -> Git:
        self._git = git
        if self._closed:
            git.close()
        return git


def look_at(config: GitConfig, context: Context) -> Report:
    check_refs(config.refs)
    if address := address_of(config.repository):
        branches = list_remote(Git(reach(address, context.limits)), address)
        return Report(f"{public_name(address.url)} has {branches} branches.")
    repository = open_local(Git(), config.repository, context.limits)
    tips, others = repository.tips(config.refs)
    found = [] if tips else ["There is nothing to read yet: no commits below these refs."]
    if others:
        found.append(f"{others} refs with the oldest tips are not read; name fewer by `refs`.")
    if repository.boundary():
        found.append("This is a shallow clone: older history is not here.")
    name = config.channel or public_name(repository.origin() or config.repository)
    commits = repository.history(tips, ()).count(b"\n")
    return Report(f"{name}: {commits} commits.", tuple(found))
