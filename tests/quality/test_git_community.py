import re

from kith.store.db import Pool
from tests.quality.git_community import DOCUMENT, SHOWN, find, load


async def test_the_docs_name_the_connectors_and_mavens_that_kith_finds_in_the_demo(pool: Pool) -> None:
    community, held = await find(pool, await load(pool))
    assert community.size > 700
    text = DOCUMENT.read_text()
    for role in ("connector", "maven"):  # hosts of two newcomers change places with every identity that is joined
        title = SHOWN[role]
        named = re.search(rf"\*\*{title}\*\*\n\n((?:- .*\n)+)", text)
        assert named
        for line, (name, _) in zip(named[1].splitlines()[:5], held[role][:5], strict=True):
            assert line.startswith(f"- {name} "), f"{role}: run python -m tests.quality.git_community"
