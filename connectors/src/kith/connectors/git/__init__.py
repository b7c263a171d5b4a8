"""Network ``git``: who contributes, and who reviews, tests, reports, signs off and merges whose work.

Reads: any repository on kith's machine (bare, worktree, shallow) or at an https, ssh or git address, of which it keeps
a bare clone without file contents. Each commit is a ``contribute`` act; each trailer that names a person
(Reviewed-by, Acked-by, Nacked-by, Tested-by, Reported-by, Suggested-by, Helped-by, Co-authored-by, Signed-off-by by
another than the author, Cc, any other ``*-by`` with an address) is an act towards the author, a Cc or Thanks-to one by
the author. A Nacked-by, Rejected-by or Objected-to-by turns the work down: ``conflict``; what is denied
(Not-reviewed-by, Untested-by) is no act. Tools in Assisted-by and Generated-by are context.
A merge is an act towards the authors of what it brought in, unless a branch only caught up with the main line, in
whatever words. A committer who is not the author and did not sign off has taken the work in: ``merge`` with the word
``committer``.
Identities are (name, e-mail) pairs; ``.mailmap`` becomes claims about them. A channel is the part of the repository
that the subject names before its first colon, else the one top folder that the commit changes, else the repository.

Copies (``(cherry picked from commit ...)``, ``[ upstream commit ... ]`` and their like; or the same author, author's
date, title and paths as a commit made earlier; or the same title and patch-id as one of the two years before that is no
ancestor) repeat what happened to the original: what the original tells too is no act of the copy; where it is not read
here, its acts have its key and the author's date, and yield to it when another source reads it.

Of a clone of an address, which has no file contents, patches are the same where the contents before and after are; in
one run the patches of 20,000 commits are compared, and a skip says how many are not.

Can't: names without an address (each is reported), tags, notes, and what a hosting service keeps beside git. Of merges
with more than 100 authors, the 100 with most commits. More than 500 refs: the most recently moved. When ``.mailmap``
changes, all people are claimed again, and what no line says any more is taken back. Where a tree is
missing, the commit counts for the repository as a whole. A shallow clone that is deepened is read again.
Resume and growth: the cursor holds the tips that were read, so that only new commits are read; within a walk it holds
the walk's tips and the place in it.
Deletions: commits that no ref reaches any more (rewritten, branch deleted) are withdrawn, as long as the repository
still holds them, and count again when a ref reaches them again; where it does not, a skip says so, and the rest is read
again. A date that lies in the future gives way to the newest before it.
Privacy: names and addresses are stored as the commits publish them; ``visibility`` says who may see the acts.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Report, hookimpl
from kith.connectors.git.config import GitConfig

__all__ = ["GitConfig", "GitConnector", "kith_connectors"]


class GitConnector:
    name = "git"
    title = "Git repository"
    description = "Authors, reviewers, testers, reporters and mergers, from commits and their trailers."
    version = "1"
    Config = GitConfig
    programs = ("git",)

    async def check(self, config: GitConfig, context: Context) -> Report:
        from kith.connectors.git.run import look_at

        return await asyncio.to_thread(look_at, config, context)

    async def pull(self, config: GitConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.git.run import Run

        run = Run(config, cursor, context)
        pages = run.pages()
        try:
            while page := await asyncio.to_thread(next, pages, None):
                yield page
        finally:
            run.close()


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [GitConnector()]
