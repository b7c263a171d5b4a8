"""Words that were given up are absent: from code, documents, answers and tests."""

import re
import subprocess

import pytest

from tests.paths import ROOT

#: A pattern, and what took its place.
GONE = {
    r"(?i)reauthoris": "reauthorize",
    r"(?i)(?<!\.)\bcancell(ed|ing)\b": "canceled",
    r"target_roles": "target_kinds",
    r"forbidden_place|kith-place|check_places|place_fields": "location",
}
#: What is named by others, and what is of the past: a migration never changes, the changelog tells of the change.
EXCEPT = ("CHANGELOG.md", "tests/docs/test_words.py", "tests/integration/store/test_migrate.py")


@pytest.mark.parametrize("pattern", GONE)
def test_a_word_that_was_given_up_is_absent(pattern: str) -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    found = []
    for name in tracked:
        if not name.endswith((".py", ".md", ".json", ".toml", ".yaml")) or name in EXCEPT:
            continue
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{name}:{number}: {line.strip()[:120]}")
    assert not found, f"say {GONE[pattern]}:\n" + "\n".join(found)
