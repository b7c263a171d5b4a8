import re

from kith.store.db import Pool
from tests.quality.git_community import DOCUMENT, find, load


async def test_the_docs_name_the_communities_and_connectors_that_kith_finds_in_the_demo(pool: Pool) -> None:
    found = await find(pool, await load(pool))
    projects = {name.split(" · ")[0] for name in found}
    assert {"git/git", "GitoxideLabs/gitoxide", "jj-vcs/jj", "libgit2/libgit2", "magit/magit"} <= projects
    section = re.search(r"(?s)<!-- git -->\n(.*)<!-- /git -->", DOCUMENT.read_text())
    assert section
    for name, held in found.items():
        first, _ = held["connector"][0]
        assert f" {first} connected " in section[1], f"{name}: run python -m tests.quality.git_community"
