"""What a commit message says about people and places."""

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors.git.mailmap import Mailmap
from kith.connectors.git.merges import caught_up, is_vague
from kith.connectors.git.messages import PEOPLE, acts_of, area, parse
from kith.connectors.git.people import Human, human, named_in


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
        ("cc", ("copy",), ["c@x.org", "d@x.org", "e@x.org"]),
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
    assert message.cut == ("6 people beyond 1,000",)
    assert parse(f"x\n\nCc: {everyone.rpartition(', t1000@')[0]}\n").cut == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ada <ada@x.org> # v2", [("Ada", "ada@x.org")]),
        ('"Doe, J." <J@X.org>', [("Doe, J.", "j@x.org")]),
        ("<a@x.org>", [("", "a@x.org")]),
        ("a@x.org", [("", "a@x.org")]),
        ("Ada  von\tL <a@x.org>", [("Ada von L", "a@x.org")]),
        ("Ada <ada at x dot org>", [("Ada", "ada@x.org")]),
        ("Ada <ada [at] x [dot] org>", [("Ada", "ada@x.org")]),
        ("Ada", []),
        ("Ada <nowhere>", []),
        ("Ada <at home>", []),
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


NAMES = ("Bea Lund", "Cai Moss", "Dov O'Fell", "J. R. Carr Jr.", "Zoë Quill", "Łukasz van der Berg")
DRESSES = (
    "{name} <{address}>", "{name} ({address})", "{name} <mailto:{address}>", "{name} &lt;{address}&gt;",
    '"{name}" <{address}>', "{name} [{address}]", "{name} <{address}>:", "{name} < {address} >", "{name}: <{address}>",
    "{name}\u00a0<{address}>", "{address} ({name})", "{name} {{{address}}}", "{name} ＜{address}＞",
    "{name} \\<{address}\\>",
    "“{name}” <{address}>", "[{name}](mailto:{address})", "**{name}** <{address}>", "{name} `<{address}>`",
    "\u3000{name} <{address}>", "\u2009{name}\u00a0<{address}>", "{name} （{address}）", "{name} 《{address}》",
    "{name} (<{address}>)", "{name} < {address} >", "「{name}」 <{address}>", "{name} 〈{address}〉",
)  # fmt: skip
PARTED = (", ", "; ", " and ", ", and ", " & ", ",", " ", " und ", " | ", " with ", " plus ",
          " и ", " sowie ", " as well as ", "、",
          "，", " és ", "；")  # fmt: skip


@st.composite
def several_people(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """Some people in one value, each in a dress of their own, parted in one of many ways; one of them perhaps twice."""
    count = draw(st.integers(1, 4))
    people = [(draw(st.sampled_from(NAMES)), f"p{number}@example.org") for number in range(count)]
    value = draw(st.sampled_from(("", "\t", "\u00a0", "  ")))
    for number, (name, address) in enumerate(people):
        # An address in front of a name is told from one behind it by the comma alone.
        part = draw(st.sampled_from(PARTED)) if number else ""
        value += part + draw(st.sampled_from(DRESSES)).format(name=name, address=address)
    if draw(st.booleans()):
        value += f", <{people[0][1]}>"
    return value, people


@settings(deadline=None)
@given(several_people())
def test_each_person_of_a_trailer_is_named_once_in_whatever_dress(drawn: tuple[str, list[tuple[str, str]]]) -> None:
    value, people = drawn
    assert list(map(tuple, named_in(value))) == people


BLANKS = ("", " ", "\t", "  \t ", "\u00a0", "\r")


@settings(deadline=None)
@given(
    end=st.sampled_from(("\n", "\r\n", "\r")),
    blank=st.sampled_from(BLANKS),
    space=st.sampled_from((" ", "\t", "\u00a0", "", "  ", "\u2003")),
    tail=st.sampled_from(("", " ", "\t")),
    rule=st.booleans(),
)
def test_line_ends_and_white_space_hide_no_trailer(end: str, blank: str, space: str, tail: str, rule: bool) -> None:
    lines = ["io: read once", blank, "Body.", blank, *(("---------", blank) if rule else ())]
    lines += [f"Reviewed-by:{space}Bea Lund <bea@x.org>{tail}", f"Co-authored-by:{space}Cai Moss <cai@x.org>{tail}", ""]
    message = parse(end.join(lines))
    assert [(t.word, *t.people) for t in message.trailers] == [
        ("reviewed-by", Human("Bea Lund", "bea@x.org")), ("co-authored-by", Human("Cai Moss", "cai@x.org")),
    ]  # fmt: skip
    assert message.text == "io: read once\n\nBody." + ("\n\n---------" if rule else "")


@pytest.mark.parametrize(
    "line",
    ["Reviewed\u2011by: {}", "Reviewed\u2013by: {}", "\ufeffReviewed-by: {}", "\u200bReviewed-by: {}",
     "Reviewed-by：{}",
     "Reviewed_by: {}", "Reviewed by: {}", "Reviewed-by:\n {}", "Reviewed-by:\n\t{}"],
)  # fmt: skip
def test_what_programs_make_of_signs_hides_no_trailer(line: str) -> None:
    message = parse(f"io: read once\n\nBody.\n\n{line.format('Bea Lund <bea@x.org>')}\n")
    assert [(*t.acts, *t.people) for t in message.trailers] == [("review", Human("Bea Lund", "bea@x.org"))]
    assert message.text == "io: read once\n\nBody."


@pytest.mark.parametrize("line", ["  Reviewed-by: {}", "> Reviewed-by: {}", "Reviewed-by:", "Reviewed by: bea"])
def test_what_git_takes_for_text_is_no_trailer(line: str) -> None:
    assert parse(f"io: read once\n\n{line.format('Bea Lund <bea@x.org>')}\n").trailers == ()


DENIALS = (
    "Not-", "Un-", "Non-", "Never-", "No-longer-", "Not-yet-", "Un", "Formerly-", "Pending-", "not ", "NOT-", "Failed-",
    "Nobody-", "Wrongly-", "Missing-", "Lacks-", "Cancelled-", "Not", "Nicht-", "Mis-", "Pas-",
)  # fmt: skip
AGAINST = (
    "Rejected-by", "Objected-to-by", "Nacked-by", "NAKed-by", "Vetoed-by", "Disapproved-by", "Opposed-by", "Denied-by",
    "Disputed-by", "Contested-by", "Refuted-by", "Challenged-by", "Criticised-by", "Discouraged-by", "Minus-one-by",
    "Objection-by", "Objections-by", "Nak'ed-by", "Veto-by", "Thumbs-down-by", "Voted-against-by", "Dissent-by",
    "Refused-to-ack-by", "Rejected-Ack-by", "Concerns-by", "Nay-by", "Nope-by", "Denounced-by", "Turned-down-by",
    "Loathed-by", "Rebuked-by", "Complaints-by", "Sceptical-by", "Deplored-by",
)  # fmt: skip


@given(st.sampled_from(DENIALS), st.sampled_from(("reviewed", "acked", "tested", "signed-off", "approved", "merged")))
def test_what_is_denied_did_not_happen(denial: str, word: str) -> None:
    assert acts_of(f"{denial}{word}-by".lower()) == ((), True)
    message = parse(f"x\n\n{denial}{word}-by: Bea <bea@x.org>\nReviewed-by: Cai <cai@x.org>")
    assert [trailer.word for trailer in message.trailers] == ["reviewed-by"]
    assert message.unread == (f"{denial}{word}-by: Bea <bea@x.org>",)


@pytest.mark.parametrize("word", AGAINST)
def test_who_is_against_it_approves_of_nothing(word: str) -> None:
    assert acts_of(word.lower()) == (("conflict",), True)


@pytest.mark.parametrize("value", ["Claude:claude-opus coccinelle sparse", "gpt-5 via editor", "Copilot"])
def test_tools_that_helped_are_no_people_and_nothing_is_missing(value: str) -> None:
    message = parse(
        f"x\n\nAssisted-by: {value}\nAI-generated-by: {value}\nLLM-Reviewed-by: {value}\nReviewed-by: Cai <cai@x.org>"
    )
    assert [trailer.word for trailer in message.trailers] == ["reviewed-by"]
    assert message.unread == ()


OWN = "https://code.example.org/team/app.git"


@settings(deadline=None)
@given(
    st.sampled_from((
        "Merge branch '{0}' into {1}", "Merge {0} into {1}", "Merge remote-tracking branch 'origin/{0}' into {1}",
        "all: merge {0} (3f2a1b) into {1}", "[dev.go] all: merge branch '{0}' into {1}", "Merged {0} into {1}",
        "Merging {0} into {1}", "Merge latest {0} into {1}", "Merge the {0} branch into '{1}'",
        "Merge branch '{0}' of https://fork.example.org/ada/app into {1}", "chore(ci): merge {0} to {1}",
        "Merge commit 'upstream/{0}' into {1} (#12)", "Merge changes from {0} into {1}",
        "Merge refs/heads/{0} into {1}.",
        "Merge origin {0} into {1}", "Merge {0} -> {1}", "Merge {0} → {1}", "Pull latest {0} into {1}",
        "Sync upstream {0} to {1}",
        "Merge remote branch 'origin/{0}' into {1}", "Back-merge {0} into {1}", "merge: {0} into branch {1}",
        "Merge {0} in {1}", "Sync {1} with {0}", "Bring {1} up to date with {0}", "Update branch '{1}' with '{0}'",
        "Merge tip of {0} into {1}", "Merge recent changes from {0} into {1}", "Automatic merge of {0} into {1}",
        "Merge branch '{0}' into {1} [skip ci]", "Merge branch '{0}' into {1}: mend conflicts",
        "Merge {0} r1234 into {1}",
        "Forward merge {0} into {1}", "Merge branch '{0}' (early part) into {1}", "Catch-up merge from {0} into {1}",
        "Catching up with {0} in {1}", "Pull request #12: Merge {0} into {1}", "Merged PR 12: Merge {0} into {1}",
        "Merge pull request #12 in IO/io from {0} to {1}", "Up-merge {0} into {1}", "Merge r12:r34 from {0} into {1}",
        "svn merge from {0} to {1}", "Merge the {0} HEAD into {1}",
    )),
    st.sampled_from(("main", "master", "trunk", "base")),
    st.sampled_from(("topic", "feature/io", "next", "ada-fix", "release/1.2", "dev.go")),
)  # fmt: skip
def test_a_branch_catches_up_in_whatever_words(title: str, main: str, topic: str) -> None:
    assert caught_up(title.format(main, topic), "base", OWN)
    assert not caught_up(title.format(topic, main), "base", OWN)
    assert not caught_up(title.format("other", topic), "base", OWN)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Merge branch 'main' of https://code.example.org/team/app", True),
        ("Merge branch 'main' of git@code.example.org:team/app.git", True),
        ("Merge branch 'main' of ssh://git@code.example.org:22/team/app into main", True),
        ("Merge remote-tracking branch 'origin/main'", True),
        ("Merge branches 'main' and 'main' of code.example.org:team/app", True),
        ("Merge branches 'main', 'main' of https://code.example.org/team/app into topic", True),
        ("Merge branches 'main' and 'topic'", False),
        ("Merge branch 'HEAD' of https://code.example.org/team/app", True),
        ("Merge branch 'HEAD' of https://code.example.org/ada/app", False),
        ("Merge remote-tracking branch 'origin/HEAD' into topic", True),
        ("Merge branch 'HEAD' into topic", False),
        ("Merge remote-tracking branch 'refs/remotes/origin/main'", True),
        ("Merge branch 'main' into main", True),
        ("Sync with main", True),
        ("Sync with upstream main", True),
        ("Update branch from main", True),
        ("Update feature/y with latest main", True),
        ("Merge branch 'topic' of https://code.example.org/team/app into topic", True),
        ("Merge remote-tracking branch 'origin/topic' into topic", True),
        ("Merge branch 'topic' of https://code.example.org/ada/app into topic", False),
        ("Update README", False),
        ("Update main", False),
        ("Update guide from ada", False),
        ("Merge tag 'v5.18-rc4' into x86/mm", True),
        ("Resolve merge conflicts with main", True),
        ("Merge v5.8-rc4 into drm-next", True),
        ("Merge 5.10-rc3 into tty-next", True),
        ("Brought up to date with trunk", True),
        ("Merge to main HEAD", True),
        ("Merged trunk r12345 through r12400", True),
        ("Refresh branch with main", True),
        ("Merge pull request #12 in IO/io from topic to main", False),
        ("Merge 1.2 into 1.3", False),
        ("Merged PR 12: Merge topic into main", False),
        ("Rebase on main", True),
        ("Merge pull request #12 from team/main", True),
        ("Merge pull request #12 from team/topic", False),
        ("Merge main: the window code", True),
        ("Merge maintenance, main part", False),
        ("Merge branch 'develop' into feature/y", True),
        ("Merge branch 'main' of https://code.example.org/team/other", False),
        ("Merge branch 'main' of https://code.example.org/ada/app", False),
        ("Merge branch 'develop' into main", False),
        ("Merge branch 'develop' into release/1.2", False),
        ("Merge branch 'develop'", False),
        ("Merge remote-tracking branch 'ada/main'", False),
        ("Merge pull request #12 from ada/main", False),
        ("Merge tag 'net-5.18' of git://example.org/net", False),
        ("Merge branches 'main' and 'topic' into next", False),
        ("Merge branch 'main-menu' into next", False),
        ("Merge main window code", False),
        ("all: REVERSE MERGE dev.go (3f2a1b) into main", False),
    ],
)
def test_what_the_main_line_takes_in_is_somebodys_work(title: str, expected: bool) -> None:
    assert caught_up(title, "main", OWN) == expected


COPIED = (
    "(cherry picked from https://code.example.org/team/app/commit/{})", "Backport https://code.example.org/a/b/commit/{}",
    "(cherry picked from team/app@{})", "Linux commit {}", "master commit: {}", "Forward-port of {}", "Ported from {}",
    "(forward ported from commit {})", "(grafted from {})", "Transplanted from {}", "Graft of {}", "Picked from {}",
    "(partially cherry picked from commit {})", "(cherry picked from commit {} linux-next)",
)  # fmt: skip


@given(st.sampled_from(COPIED), st.text("0123456789abcdef", min_size=10, max_size=40), st.booleans())
def test_a_copy_is_told_in_whatever_words(line: str, name: str, first: bool) -> None:
    told, trailer = line.format(name), "Reviewed-by: Ada <ada@birk.example>"
    body = f"{told}\n\nText.\n\n{trailer}" if first else f"Text.\n\n{trailer}\n{told}"
    message = parse(f"io: mend\n\n{body}")
    assert message.origins == (name,)
    assert [(each.word, each.origin) for each in message.trailers] == [("reviewed-by", name)]


@pytest.mark.parametrize("line", ["See upstream commit {} for how", "Fix the backport of {} which broke io",
                                  "Fixes: {}", "This is a follow-up to the cherry-pick of {}"])  # fmt: skip
def test_who_speaks_of_a_commit_copies_none(line: str) -> None:
    told = line.format("3f2a1b4c5d6e")
    assert parse(f"io: mend\n\n{told}\n\nReviewed-by: Ada <ada@birk.example>").origins == ()


@pytest.mark.parametrize("title", ["Fix conflicts", "Zusammenführen von 'base' in 'topic'", "Merge commit '3f2a1b4'",
                                   "合并分支", "Merge m-c to b2g-inbound, a=merge"])  # fmt: skip
def test_some_titles_leave_open_what_was_merged(title: str) -> None:
    assert is_vague(title, "base")
    assert not is_vague(title, "develop")  # where features begin, releases take them in


@pytest.mark.parametrize("title", ["Merge branch 'topic' into next", "Mend io",
                                   "Merge pull request #1 from ada/topic",
                                   "Release to main",
                                   "See merge request team/app!12", "Merge tag 'x' into y",
                                   "Merge it to v2.1"])  # fmt: skip
def test_some_titles_say_what_was_merged_into_what(title: str) -> None:
    assert not is_vague(title, "base")


@pytest.mark.parametrize("name", ["=?UTF-8?Q?Ada_B=C3=ACrk?=", "=?iso-8859-1?B?QWRhIELscms=?=", "Ada Bìrk"])
def test_a_name_in_the_encoding_of_mails_is_shown_decoded_and_known_as_it_is(name: str) -> None:
    assert human(name, "ada@birk.example").shown == "Ada Bìrk"
    assert human(name, "ada@birk.example").ref.key == f"{name} <ada@birk.example>"
    assert human("=?UTF-8?Q?broken", "ada@birk.example").shown == "=?UTF-8?Q?broken"


@pytest.mark.parametrize("line", ["\u200b", "\ufeff \t", "\u00a0", "\u3000", "\x0b", "\x85", "\u2028", "\r"])
def test_a_line_of_nothing_to_see_ends_a_paragraph(line: str) -> None:
    message = parse(f"io: mend\n\nText.\n{line}\nReviewed-by: Ada <ada@birk.example>")
    assert (message.text, [trailer.word for trailer in message.trailers]) == ("io: mend\n\nText.", ["reviewed-by"])


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
C # Birk <c@x.org> <sharp@x.org>
Dora <dora@x.org> # old <tail@x.org>
Eve <> <empty@x.org>
#Fay <fay@x.org> <old@x.org>
Gil <gil@x.org> <one@x.org> <two@x.org>
"""


def test_the_mailmap_is_read_as_git_reads_it(tmp_path: Path) -> None:
    """The oracle is ``git check-mailmap``."""
    people = [
        Human(name, address)
        for name in ("Any", "Robert", "robert", "shared", "Ada Lovelace")
        for address in (
            "old@x.org",
            "ada@x.org",
            "shared@x.org",
            "carl@work.example",
            "nobody@x.org",
            "sharp@x.org",
            "dora@x.org",
            "tail@x.org",
            "empty@x.org",
            "one@x.org",
            "two@x.org",
        )
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


@pytest.mark.parametrize(
    "tail",
    [
        "a" * 1_000_000, "&A" * 100_000, "<a@" * 100_000, " " * 1_000_000, "a@b " * 100_000,
        f"<a at b{' dot c' * 3000}!>", f"<a at b dot c dot{' ' * 19_000}!>", f"<a{' ' * 19_000}!>",
    ],
)  # fmt: skip
def test_a_message_made_to_keep_us_busy_does_not(tail: str) -> None:
    start = time.process_time()
    parse(f"x\n\nCc: {tail}")
    parse(f"x\n\nA{tail}: x")
    caught_up(f"Merge {tail} into {tail}", "main", OWN)
    Mailmap(tail)
    assert time.process_time() - start < 5  # seconds


DONE = ("acked", "reviewed", "tested", "signed-off", "approved", "merged")


@pytest.mark.parametrize("word", DONE)
@pytest.mark.parametrize(
    "denied",
    ["To-be-{}", "Should-be-{}", "Will-be-{}", "Cant-be-{}", "Wont-be-{}", "Not-{}", "Anti-{}", "De-{}", "De{}",
     "Dis{}", "Un{}", "Non-{}", "Hardly-{}", "Never-{}", "Not-yet-{}", "Withheld-{}", "Unendorsed-{}"],
)  # fmt: skip
def test_what_did_not_happen_is_no_act(word: str, denied: str) -> None:
    if (denied, word) == ("Dis{}", "approved"):
        return  # that is an act
    trailer = denied.format(word)
    assert parse(f"x\n\n{trailer}-by: Ada <ada@x.org>\nAcked-by: Bob <b@x.org>\n").trailers[:-1] == ()


@pytest.mark.parametrize("word", ["Unendorsed", "Unsupported", "Unliked", "Unagreed", "Un-vouched"])
def test_what_nobody_knows_may_be_denied_too(word: str) -> None:
    assert acts_of(f"{word}-by".lower()) == ((), True)


@pytest.mark.parametrize("word", ["Uncovered", "Unearthed", "Untangled", "Understood", "Unified", "Unravelled"])
def test_what_begins_like_a_denial_may_help(word: str) -> None:
    assert acts_of(f"{word}-by".lower())[0] == ("help",)


@pytest.mark.parametrize("word", ["Reverted", "Broken", "Introduced", "Regressed", "Superseded", "Caused"])
def test_who_is_named_for_the_trouble_helped_nobody(word: str) -> None:
    (only,) = parse(f"x\n\n{word}-by: Ada <ada@x.org>\nAcked-by: Bob <b@x.org>\n").trailers
    assert only.word == "acked-by"


@pytest.mark.parametrize("word", ["Blocked", "Disliked", "Vetoed", "Nixed", "Downvoted", "Disapproved", "Objected-to"])
def test_who_is_against_it_is_in_conflict(word: str) -> None:
    (only,) = parse(f"x\n\n{word}-by: Ada <ada@x.org>\n").trailers
    assert only.acts == ("conflict",)


def test_a_mails_signature_behind_the_trailers_ends_none() -> None:
    message = parse("x\n\ntext\n\nSigned-off-by: Ada <ada@x.org>\n-- \n2.43.0\n")
    assert [trailer.word for trailer in message.trailers] == ["signed-off-by"]
    assert message.text == "x\n\ntext"
