"""Each case of ``../shared/cases/mail``, read into kith, with what it must tell."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from kith.connectors import Fatal
from kith.store.db import Pool, new_id, workspace
from kith.store.workspaces import create_workspace
from tests.integration.mail.reading import Act, Reading
from tests.integration.store.facts import Store
from tests.paths import shared

ADA, BEA, CAI, DOV = "ada@birk.example", "bea@lund.example", "cai@moss.example", "dov@fell.example"
LIST = "dev@lists.birk.example"
OLD_WORDS = "NEW words."


class Case(NamedTuple):
    """acts: what must be told, in the order of time and key, each with as much as is written down.

    sources: within the case; empty: the case itself. skips: the codes of what must be skipped; None: any.
    kinds: of identities that are judged by what the mails say. nobody: addresses that are no identity.
    """

    acts: list[dict[str, Any]]
    sources: tuple[str, ...] = ()
    skips: list[str] | None = []  # noqa: RUF012 - never changed
    kinds: dict[str, str] = {}  # noqa: RUF012 - never changed
    nobody: tuple[str, ...] = ()


def act(kind: str, key: str, actor: str, at: str = "", **more: Any) -> dict[str, Any]:
    """A moment is one of 1 March 2024 where it is a time alone."""
    found = {"kind": kind, "key": key, "actor": actor, **more}
    if at:
        found["at"] = datetime.fromisoformat(at if "T" in at else f"2024-03-01T{at}").replace(tzinfo=UTC)
    return found


def post(key: str, actor: str, at: str = "", **more: Any) -> dict[str, Any]:
    return act("post", key, actor, at, **more)


def reply(key: str, actor: str, at: str, answers: str, whom: str, **more: Any) -> dict[str, Any]:
    return act("reply", key, actor, at, answers=answers, to={whom: "reply"}, **more)


TWO = [
    post("a@birk.example", ADA, "09:00", text="Some words.", to={}),
    post("b@lund.example", BEA, "10:00", text="Some words.", to={}),
]
A = post("a@birk.example", ADA, "09:00", thread="a@birk.example", to={})
CHAIN = [
    A,
    reply("b@lund.example", BEA, "10:00", "a@birk.example", ADA, thread="a@birk.example"),
    reply("c@moss.example", CAI, "11:00", "b@lund.example", BEA, thread="a@birk.example"),
    reply("d@fell.example", DOV, "12:00", "c@moss.example", CAI, thread="a@birk.example"),
]


def numbered(count: int) -> list[dict[str, Any]]:
    return [post(f"m{n}@birk.example", ADA, f"{8 + n:02}:00") for n in range(1, count + 1)]


def kept(case: str, *files: str, text: str = OLD_WORDS) -> list[dict[str, Any]]:
    return [post(f"{case}.{file}@birk.example", ADA, text=text) for file in sorted(files)]


CASES = {
    "address-rewritten": Case([post("a@birk.example", ADA), post("b@lund.example", BEA)]),
    "at-in-text": Case(
        [post("a@birk.example", ADA, "09:00", channel=LIST, to={BEA: "mention", CAI: "mention", DOV: "mention"})],
    ),
    "attribution-six-languages": Case(kept("attribution-six-languages", "fi", "cs", "hu", "tr", "ja", "ko")),
    "bare-dashes": Case(
        [
            {"key": "bare-dashes.long@birk.example", "has": ["NEW two", *["NEW three."] * 12]},
            {"key": "bare-dashes.signature@birk.example", "text": "NEW one."},
        ]
    ),
    "blank-lines-first": Case(TWO),
    "bom-first": Case(TWO),
    "calendar-answer": Case([], skips=["automatic"]),
    "chain-reversed": Case(CHAIN),
    "charset-names": Case(
        [{"text": text} for text in ("שלום", "こんにちは", "สวัสดี", "你好", "café", "für", "Привет", "日本語")]
    ),
    "date-1970-and-1904": Case([post("a@birk.example", ADA, "09:00"), post("b@birk.example", ADA, "10:00")]),
    "date-from-the-future": Case([post("a@birk.example", ADA, "09:00"), post("b@birk.example", ADA, "10:00")]),
    "date-iso": Case([post("a@birk.example", ADA, "09:00"), post("b@birk.example", ADA, "09:30")]),
    "date-offset-colon": Case([post("a@birk.example", ADA, "09:00")]),
    "date-pm": Case([post("a@birk.example", ADA, "21:13:27")]),
    "date-received-decides": Case([post(f"{n}@birk.example", ADA, "09:00:03") for n in range(3)]),
    "date-year-100": Case([post("a@birk.example", ADA, "2000-03-01T09:00")]),
    "date-zone-names": Case(
        [
            post("a@birk.example", ADA, "09:00"),
            post("b@birk.example", ADA, "2024-04-01T09:00"),
            post("c@birk.example", ADA, "2024-04-01T09:00"),
        ]
    ),
    "digest-mime": Case(
        [
            post("i1@birk.example", BEA, "09:00", channel=LIST, text="Inner words 1."),
            post("i2@birk.example", CAI, "10:00", channel=LIST, text="Inner words 2."),
        ],
        nobody=("dev-request@lists.birk.example",),
    ),
    "eml-gz": Case(numbered(2), ("box",)),
    "folder-of-maildirs": Case(numbered(2), ("box",)),
    "folder-of-mboxes": Case(numbered(3), ("box",)),
    "from-address-only": Case(TWO),
    "from-alone-in-text": Case(
        [
            post("a@birk.example", ADA, has=["the hills we came.", "and over the sea: that is all."]),
            post("b@lund.example", BEA),
        ]
    ),
    "from-bare": Case(TWO),
    "from-dash": Case(TWO),
    "from-iso-date": Case(TWO),
    "in-reply-to-phrase": Case(
        [
            post("a1@birk.example", ADA, thread="a1@birk.example"),
            post("a2@birk.example", ADA, thread="a2@birk.example"),
            reply("b1@lund.example", BEA, "10:00", "a1@birk.example", ADA, thread="a1@birk.example"),
            reply("b2@lund.example", BEA, "11:00", "a2@birk.example", ADA, thread="a2@birk.example"),
        ]
    ),
    "list-and-private-copy": Case(
        [
            post("a@birk.example", ADA, "09:00", to={BEA: "to"}, channel=LIST, visibility="private"),
            reply("b@lund.example", BEA, "10:00", "a@birk.example", ADA, channel=LIST, visibility="private"),
        ],
        ("list.mbox", "sent.mbox"),
        nobody=(LIST,),
    ),
    "mail-attached-by-a-person": Case(
        [act("message", "f@birk.example", ADA, "12:00", to={CAI: "to"}, text="Look at this.")]
    ),
    "maildir-subfolders": Case(numbered(3), ("box",)),
    "mh-folder": Case(numbered(3), ("box",)),
    "original-message-es-it-pt": Case(kept("original-message-es-it-pt", "es", "it", "pt")),
    "outlook-de-fr-da": Case(kept("outlook-de-fr-da", "de", "fr", "da")),
    "outlook-en": Case(kept("outlook-en", "line", "plain")),
    "outlook-html": Case([{"kind": "post", "text": OLD_WORDS}]),
    "outlook-stars": Case([{"kind": "post", "text": OLD_WORDS}]),
    "own-words-like-a-header": Case([{"has": ["NEW bring a coat."]}, {"has": ["NEW fill it in."]}]),
    "patch-in-text": Case([post("a@birk.example", ADA, "09:00"), post("b@lund.example", BEA, "10:00")]),
    "quote-marks": Case(kept("quote-marks", "space", "initials")),
    "quoted-separator-kept": Case(
        [
            post("a@birk.example", ADA, text="First.\nFrom then on all was well.\n\nLast."),
            post("b@lund.example", BEA, text="Some words."),
        ]
    ),
    "raw-header-koi8": Case([post("a@birk.example", ADA, title="Привет мир", text="Как дела", name="Ада Береза")]),
    "raw-header-sjis": Case([post("a@birk.example", ADA, title="計画について", text="こんにちは", name="白樺アダ")]),
    "receipt-and-bounce": Case(
        [], skips=["automatic", "automatic"], nobody=("mailer-daemon@mx.moss.example", "zed@oke.example")
    ),
    "references-damaged": Case(CHAIN[:3]),
    "references-truncated": Case(CHAIN),
    "reply-before-parent": Case(CHAIN[:2]),
    "robot-senders": Case(
        [{"kind": "post"}] * 5,
        kinds={
            "build@ci.birk.example": "bot",
            "jenkins@ci.birk.example": "bot",
            "bugzilla-daemon@bugs.birk.example": "bot",
            "atr@moss.example": "bot",
            "jen@kinsbot.example": "person",
        },
    ),
    "role-addresses": Case(
        [act("message", "a@birk.example", ADA)],
        kinds={BEA: "person", "office@moss.example": "group", "noreply@moss.example": "bot"},
        nobody=("users@lists.moss.example", "dev-owner@lists.birk.example"),
    ),
    "separator-date-means-nothing": Case([post("a@birk.example", ADA, "09:00"), post("b@birk.example", ADA, "10:00")]),
    "shuffled-files": Case(CHAIN[:3]),
    "underscores": Case(
        [
            {"key": "underscores.footer@birk.example", "text": "NEW words."},
            {
                "key": "underscores.form@birk.example",
                "has": ["NEW name of the firm:", "NEW town of the firm:", "NEW end."],
            },
        ]
    ),
    "vacation": Case([act("message", "a@birk.example", ADA, to={BEA: "to"})], skips=["automatic"]),
    "via-as-a-name": Case([post("a@birk.example", "kim@fano.example", name="Kim Via Fano")]),
    "via-other-forms": Case(
        [
            post("a@birk.example", ADA, name="Ada Birk"),
            post("b@lund.example", BEA, name="Bea Lund"),
            post("c@moss.example", CAI, name="Cai Moss"),
        ]
    ),
    "via-with-cc-copy": Case([post("a@birk.example", ADA, to={}, name="Ada Birk")], nobody=(LIST,)),
    "via-x-original-sender": Case([post("a@birk.example", ADA, name="Ada Birk")]),
    "webmail-html": Case(kept("webmail-html", "owa", "yahoo")),
    "words-before-first": Case(TWO, skips=["not_read"]),
    "wrapped-by-list": Case([post("w@birk.example", BEA, "09:00", text="Inner words.", channel=LIST)]),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_case_of_mail_is_told_as_it_was(name: str, reading: Reading) -> None:
    await _read_and_check(name, reading)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if len(case.sources) > 1])
async def test_the_order_of_sources_does_not_matter(name: str, reading: Reading) -> None:
    await _read_and_check(name, reading, step=-1)


async def _read_and_check(name: str, reading: Reading, step: int = 1) -> None:
    """Read a case twice: the second time changes nothing."""
    folder = shared(f"cases/mail/{name}")
    case = CASES[name]
    sources = [folder / source for source in case.sources][::step] or [_source(folder)]
    await reading.read(*sources)
    await _check(case, reading)
    told = await reading.store.everything()
    await reading.read(*sources)
    assert await reading.store.everything() == told


#: For each case: how many acts and identities are told, and what is said instead or beside.
NDJSON = {
    "ndjson-compressed-otherwise/a.ndjson.xz": (0, 0, "xz; .*gzip or Zstandard"),
    "ndjson-compressed-otherwise/b.ndjson.bz2": (0, 0, "bzip2; .*gzip or Zstandard"),
    "ndjson-cr-only/a.ndjson": (0, 0, "end with CR alone"),
    "ndjson-error-order/a.ndjson": (8, 1, "line 2: .*; line 10: .*; line 11: "),
    "ndjson-far-future/a.ndjson": (2, 1, ""),
    "ndjson-key-twice/a.ndjson": (0, 1, "line 1: the key `name` stands twice"),
    "ndjson-mail-key-case/a.ndjson": (0, 1, "line 1: `ref.key` is 'ADA@Birk.Example'"),
    "ndjson-pretty/a.ndjson": (0, 0, "one JSON array"),
    "ndjson-utf16/a.ndjson": (0, 0, "in UTF-16; write it in UTF-8"),
}


@pytest.mark.parametrize("name", NDJSON)
async def test_a_case_of_ndjson_is_told_or_named(name: str, reading: Reading) -> None:
    acts, identities, said = NDJSON[name]
    path = shared(f"cases/mail/{name}")
    if acts or identities:
        await reading.read(path)
    else:
        with pytest.raises(Fatal, match=said):
            await reading.read(path)
    assert (len(await reading.acts()), len(await reading.identities())) == (acts, identities)
    assert re.match(
        said if acts or identities else "", "; ".join(f"{skip.place}: {skip.reason}" for skip in reading.skipped)
    )
    assert all(act.at <= datetime.now(UTC) for act in await reading.acts())


async def test_what_vanishes_from_a_folder_stays(tmp_path: Path, reading: Reading) -> None:
    folder = tmp_path / "md"
    shutil.copytree(shared("cases/mail/maildir-expunged-root/md"), folder)
    await reading.read(folder)
    told = await reading.store.everything()
    (folder / "cur" / "1709283600.M1.host:2,S").unlink()
    await reading.read(folder)
    assert await reading.store.everything() == told
    assert [(act.kind, act.to) for act in await reading.acts()] == [
        ("post", {}), ("reply", {ADA: "reply"}), ("reply", {ADA: "reply"}),
    ]  # fmt: skip


async def test_a_mail_from_the_future_moves_nothing(pool: Pool, reading: Reading) -> None:
    folder = shared("cases/mail/one-future-mail")
    other = Reading(await Store.open(pool, await _workspace(pool)))
    await reading.read(folder / "a.mbox")
    await other.read(folder / "b.mbox")
    moments = {act.key: act.at for act in await other.acts()}
    assert moments["z@moss.example"] == datetime(2024, 2, 3, 9, tzinfo=UTC)
    ours, theirs = [await each.store.rows("relationships") for each in (reading, other)]
    assert [(row["first_day"], row["last_day"], row["as_of"], row["word"]) for row in ours] == [
        (row["first_day"], row["last_day"], row["as_of"], row["word"]) for row in theirs
    ]


async def _workspace(pool: Pool) -> UUID:
    workspace_id = new_id()
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, "another")
    return workspace_id


def _source(folder: Any) -> Any:
    """Return the one file of a case, or its folder where it has several."""
    files = [path for path in folder.iterdir() if path.name != "EXPECTED.md"]
    return files[0] if len(files) == 1 else folder


async def _check(case: Case, reading: Reading) -> None:
    found = await reading.acts()
    identities = await reading.identities()
    assert [_as_asked(told, asked, identities) for told, asked in zip(found, case.acts, strict=True)] == case.acts
    if case.skips is not None:
        codes = [skip.code for skip in reading.skipped if not skip.place.endswith("EXPECTED.md")]
        assert codes == case.skips
    assert {key: identities[key]["kind"] for key in case.kinds} == case.kinds
    assert not identities.keys() & set(case.nobody)


def _as_asked(told: Act, asked: dict[str, Any], identities: dict[str, Any]) -> dict[str, Any]:
    found = told._asdict() | {"name": identities[told.actor]["name"]}
    if "has" in asked:
        lines = (told.text or "").splitlines()
        found["has"] = [words for words in asked["has"] if any(words in line for line in lines)]
    return {name: found[name] for name in asked}
