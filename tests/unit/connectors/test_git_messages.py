"""What a commit message says about people and places."""

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors.git.mailmap import Mailmap
from kith.connectors.git.messages import PEOPLE, acts_of, area, parse
from kith.connectors.git.people import Human, named_in


def acts(message: str) -> list[tuple[str, tuple[str, ...], list[str]]]:
    return [(t.word, t.acts, [who.address for who in t.people]) for t in parse(message).trailers]


def test_the_trailers_of_the_last_paragraph_are_read_and_cut_off_the_text() -> None:
    message = parse(
        "refs: fix a leak\n\nIt leaked.\n\nReviewed-by: Ada L <Ada@Example.org>\nSigned-off-by: B <b@x.org>\n"
    )
    assert message.title == "refs: fix a leak"
    assert message.text == "refs: fix a leak\n\nIt leaked."
    assert [(t.word, t.people[0]) for t in message.trailers] == [
        ("reviewed-by", Human("Ada L", "ada@example.org")),
        ("signed-off-by", Human("B", "b@x.org")),
    ]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("reviewed-by", ("review",)),
        ("acked-by", ("approve",)),
        ("nacked-by", ("conflict",)),
        ("nack-by", ("conflict",)),
        ("reviewed-and-nacked-by", ("review", "conflict")),
        ("tested-by", ("test",)),
        ("reported-by", ("report",)),
        ("suggested-by", ("suggest",)),
        ("requested-by", ("suggest",)),
        ("helped-by", ("help",)),
        ("mentored-by", ("help",)),
        ("co-authored-by", ("contribute",)),
        ("co-developed-by", ("contribute",)),
        ("signed-off-by", ("sign_off",)),
        ("reported-and-tested-by", ("report", "test")),
        ("reported-bisected-and-tested-by", ("report", "help", "test")),
        ("encouraged-by", ("help",)),
        ("cc", ("copy",)),
        ("thanks-to", ("thank",)),
        ("fixes", ()),
        ("standby", ()),
    ],
)
def test_each_word_stands_for_its_acts(word: str, expected: tuple[str, ...]) -> None:
    assert acts_of(word)[0] == expected


def test_blocks_notes_and_continuations_between_trailers_do_not_hide_any() -> None:
    message = (
        'x: y\n\nWhy.\n\nReported-by: A <a@x.org>\nFixes: 0123 ("z")\n\n[jc: squashed]\nTested-by: Long\n'
        "  Name <b@x.org>\n"
        '(cherry picked from commit 123)\nCc: C <c@x.org>, "D, E" <d@x.org>, e@x.org # 5.4+\n'
    )
    assert acts(message) == [
        ("reported-by", ("report",), ["a@x.org"]),
        ("tested-by", ("test",), ["b@x.org"]),
        ("cc", ("copy",), ["c@x.org", "d@x.org"]),
    ]
    assert parse(message).trailers[1].people[0].name == "Long Name"
    assert parse(message).text == "x: y\n\nWhy."


def test_prose_with_a_colon_is_no_trailer() -> None:
    text = "x: y\n\nNote: this stays.\nAnd this: too."
    assert parse(text).text == text


def test_a_subject_is_never_a_trailer() -> None:
    assert parse("Signed-off-by: A <a@x.org>").trailers == ()


def test_a_name_without_an_address_is_reported_and_not_guessed() -> None:
    message = parse("x\n\nReviewed-by: Linus\nSuperseded-by: the next one\n")
    assert message.trailers == ()
    assert message.unread == ("Reviewed-by: Linus",)


def test_five_hundred_trailers_are_all_read_and_more_than_a_thousand_people_are_cut_with_a_word() -> None:
    lines = "".join(f"Tested-by: T{n} <t{n}@x.org>\n" for n in range(500))
    assert len(parse(f"x\n\n{lines}").trailers) == 500
    everyone = ", ".join(f"t{n}@x.org" for n in range(PEOPLE + 5))
    message = parse(f"x\n\nCc: {everyone}\nAcked-by: A <a@x.org>\n")
    assert sum(len(trailer.people) for trailer in message.trailers) == PEOPLE
    assert message.unread == (f"people beyond the first {PEOPLE}",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ada <ada@x.org> # v2", [("Ada", "ada@x.org")]),
        ('"Doe, J." <J@X.org>', [("Doe, J.", "j@x.org")]),
        ("<a@x.org>", [("", "a@x.org")]),
        ("a@x.org", [("", "a@x.org")]),
        ("Ada  von\tL <a@x.org>", [("Ada von L", "a@x.org")]),
        ("Ada", []),
        ("Ada <nowhere>", []),
    ],
)
def test_people_are_found_however_they_are_written(value: str, expected: list[tuple[str, str]]) -> None:
    assert list(named_in(value)) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("refs: fix x", "refs"),
        ("Documentation/git-log: typo", "documentation/git-log"),
        ("feat(parser)!: faster", "parser"),
        ("fix: y", None),
        ("[PATCH 1/2] net: ipv4: z", "net"),
        ("Merge branch 'x'", None),
        ("Add a thing", None),
        ("https://example.org: gone", None),
        ("doc:without space", None),
        ('Revert "net: ipv6: break"', "net"),
        ('Revert "Revert "mm/slab: x""', "mm/slab"),
        ("fixup! refs.c: tidy", "refs.c"),
        ("[media] v4l: fix", "v4l"),
        ("[3.9] bpo-1234: Fix it", None),
        ("gh-123: asyncio: fix", "asyncio"),
        ("SERVER-12: shell: fix", "shell"),
        ("UTF-8: fix", "utf-8"),
        ("BUG/MINOR: http: fix", "http"),
        ("fix: scanner: fix", "scanner"),
        ("build(deps): bump x", "deps"),
        ("ci: faster", "ci"),
        ("core(parser): z", "core"),
        ("fix(api, core): z", "api"),
        ("net, bpf: x", "net"),
        ("@babel/core: x", "@babel/core"),
        ("v1.2: release", None),
        ("10:30: x", None),
        ("ARM: dts: x", "arm"),
        ("drm/amd/display: x", "drm/amd/display"),
        ("Merge pull request #12 from x/y", None),
        ("Bump foo from 1 to 2", None),
    ],
)
def test_the_area_is_what_stands_before_the_first_colon(title: str, expected: str | None) -> None:
    assert area(title) == expected


@settings(deadline=None)
@given(st.text())
def test_any_message_can_be_taken_apart(message: str) -> None:
    assert parse(message).title == " ".join(parse(message).title.split())


MAILMAP = """# comment
Proper Name <proper@x.org> <old@x.org>
Ada Lovelace <ada@x.org>
Bob <bob@x.org> Robert <SHARED@x.org>
<carl@x.org> <carl@work.example>
Other <other@x.org> shared <shared@x.org> # tail
"""


def test_the_mailmap_is_read_as_git_reads_it(tmp_path: Path) -> None:
    """The oracle is ``git check-mailmap``."""
    people = [
        Human(name, address)
        for name in ("Any", "Robert", "robert", "shared", "Ada Lovelace")
        for address in ("old@x.org", "ada@x.org", "shared@x.org", "carl@work.example", "nobody@x.org")
    ]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".mailmap").write_text(MAILMAP)
    told = subprocess.run(
        ["git", "check-mailmap", *(f"{who.name} <{who.address}>" for who in people)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    mailmap = Mailmap(MAILMAP)
    ours = [found[0] if (found := mailmap.canonical(who)) else who for who in people]
    assert [f"{who.name} <{who.address}>" for who in ours] == told


@pytest.mark.parametrize("tail", ["a" * 1_000_000, "&A" * 100_000, "<a@" * 100_000, " " * 1_000_000, "a@b " * 100_000])
def test_a_message_made_to_keep_us_busy_does_not(tail: str) -> None:
    start = time.process_time()
    parse(f"x\n\nCc: {tail}")
    parse(f"x\n\nA{tail}: x")
    Mailmap(tail)
    assert time.process_time() - start < 5  # seconds
