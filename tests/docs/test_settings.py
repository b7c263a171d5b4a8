"""docs/settings.md names every setting, with its default and its meaning, and none that does not exist."""

import re
import subprocess
from typing import Literal, get_args, get_origin, get_type_hints

import msgspec

from kith.runtime.settings import Settings, variable
from tests.paths import ROOT

ROW = re.compile(r"^\| `(KITH_\w+)` \| (.*?) \| (.*) \|$", re.MULTILINE)


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    documented = {name: (default, meaning) for name, default, meaning in ROW.findall(text())}
    expected = {}
    hints = get_type_hints(Settings, include_extras=True)
    for field in msgspec.structs.fields(Settings):
        default = "unset" if field.default is None else f"`{field.default}`"
        kind, meta = get_args(hints[field.name])
        meaning = meta.description
        if get_origin(kind) is Literal:
            meaning += f" One of {', '.join(f'`{choice}`' for choice in get_args(kind))}."
        expected[variable(field.name)] = (default, meaning)
    assert documented == expected


def test_no_other_module_reads_a_setting_of_kith_from_the_environment() -> None:
    found = subprocess.run(
        ["git", "grep", "-nE", r"(environ|getenv)[^=]*KITH_", "--", "*/src/*.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert found == ""


def test_every_variable_that_a_document_names_exists() -> None:
    known = {variable(field.name) for field in msgspec.structs.fields(Settings)} | {"KITH_TOKEN"}
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        unknown = set(re.findall(r"\bKITH_[A-Z_]*[A-Z]\b", path.read_text())) - known
        assert not unknown, f"{path.name} names {sorted(unknown)}"


def text() -> str:
    return (ROOT / "docs" / "settings.md").read_text()
