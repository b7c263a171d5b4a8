"""The walk-through of docs/identities.md, run as it is written."""

import json
import re
from string import Template
from typing import Any

from tests.integration.api.test_resolution import Village, village  # noqa: F401 -- a fixture
from tests.integration.resolution.crowd import mail
from tests.paths import ROOT

STEP = re.compile(r"^```http\n(GET|DELETE) (\S+)\n\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
KIMS = ("kim@firm.net", "novak@gallery.org")


async def test_the_walk_through_is_as_it_is_written(village: Village) -> None:  # noqa: F811 -- the fixture
    text = (ROOT / "docs" / "identities.md").read_text()
    assert all(key in text for key in KIMS)
    await village.crowd.tell([mail(key, "Kim Novak") for key in KIMS])
    steps = STEP.findall(text)
    known: dict[str, str] = {}
    for method, path, written in steps:
        answer = await village.do(method, Template(path).substitute(known), 200)
        fits(json.loads(written), answer, known)
    assert len(steps) == 6
    assert known["kim"] != known["second"]


def fits(written: Any, answered: Any, known: dict[str, str]) -> None:
    """Fail where an answer is not as written; learn what ``$names`` stand for on their first appearance."""
    if written == "…":
        return
    if isinstance(written, dict):
        for name, value in written.items():
            fits(value, answered[name], known)
    elif isinstance(written, list):
        assert len(answered) == len(written)
        for value, found in zip(written, answered, strict=True):
            fits(value, found, known)
    elif isinstance(written, str) and written.startswith("$"):
        assert known.setdefault(written[1:], answered) == answered
    else:
        assert answered == written
