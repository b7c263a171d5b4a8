"""docs/relationships.md names the class of each kind of act, with its reason, as the code has it."""

import re

from kith.domain.classes import CLASSES, KINDS
from tests.paths import ROOT

ROW = re.compile(r"^\| (\w+) \| (.+) \| ([\d.]+) \| (.+) \|$", re.MULTILINE)
KIND = re.compile(r"`(\w+)` \(([^)]+)\)")


def test_every_kind_of_act_is_documented_in_its_class() -> None:
    text = (ROOT / "docs" / "relationships.md").read_text()
    table = text.partition("<!-- classes -->")[2].partition("<!-- /classes -->")[0]
    rows = ROW.findall(table)
    assert [(name, meaning, float(weight)) for name, meaning, weight, _ in rows] == [
        (name, meaning.sentence, meaning.weight / 1000) for name, meaning in CLASSES.items()
    ]
    told = [(kind, (name, reason)) for name, _, _, kinds in rows for kind, reason in KIND.findall(kinds)]
    assert len(told) == len(KINDS)
    assert dict(told) == KINDS
