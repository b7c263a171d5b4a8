"""The same mail in the dresses that programs, lists and exporters give it, drawn from what they write."""

import gzip
import random
import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import webencodings  # type: ignore[import-untyped] # it has no types
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors import Fatal, Interaction, Page, Skip
from kith.connectors.mail import MailConfig, MailConnector
from kith.connectors.mail.charsets import decoded
from kith.connectors.mail.dates import Arrival, moment
from kith.connectors.mail.headers import Mailbox, mailboxes
from kith.connectors.mail.machines import kind_of
from kith.connectors.mail.mails import read_mail, read_mails
from kith.connectors.mail.mentions import mentioned
from kith.connectors.mail.quotes import is_attribution
from kith.domain.kinds import judge
from tests.unit.connectors.contexts import ALONE
from tests.unit.connectors.mailboxes import LIST, mail, mbox
from tests.unit.connectors.senders import HEADS

MOMENT = datetime(2024, 3, 1, 9, 13, 27, tzinfo=UTC)


async def pull(path: Path, cursor: object = None) -> list[Page]:
    config = MailConfig(str(path), list=LIST)
    return [page async for page in MailConnector().pull(config, cursor, ALONE)]  # type: ignore[arg-type]  # a cursor is JSON in production


def acts(pages: list[Page]) -> list[Interaction]:
    return [record for page in pages for record in page.records if isinstance(record, Interaction)]


def skips(pages: list[Page]) -> list[Skip]:
    return [skip for page in pages for skip in page.skipped]


# Where a mail begins.

SEPARATORS = [
    b"From ada@example.org Wed May  1 12:00:00 2024",
    b"From - Wed May  1 12:00:00 2024",
    b"From ",
    b"From -",
    b"From ada@example.org",
    b"From ada@example.org 2024-05-01T12:00:00Z",
    b"From MAILER-DAEMON Wed May 01 12:00:00 2024",
    b"From ada@example.org Wed May  1 14:00:00 CEST 2024",
    b"From 1797@xxx Wed May 01 12:00:00 +0000 2024",
    b"From ada@example.org Wed May  1 12:00:00 2024 remote from host",
    b"From Wed May  1 12:00:00 2024",
    b"From ada@example.org Wed, 1 May 2024 12:00:00 +0000",
    b"From mboxrd@z Thu Jan  1 00:00:00 1970",
    b"From  ada@example.org  Wed May  1 12:00:00 2024",
    b"From ada@example.org Wed May  1 12:00:00 24",
    b"From <ada@example.org> Wed May  1 12:00:00 2024",
]
NO_SEPARATORS = [
    "From here on:",
    "From ",
    "From Lund\nand over the sea: that is all.",
    "From 2024 at 10:30 we meet, 2025 too\nno header",
    "From: Birk",
    "From \nthe hills: they are high.",
    "From 5a1f0c2d9be47733aa01c2d3e4f5061728394a5b Mon Sep 17 00:00:00 2001"
    "\nFrom: Zed <zed@x.example>\nDate: Thu, 29 Feb 2024 10:00:00 +0000\nSubject: [PATCH] io",
    "FROM ada@example.org Wed May  1 12:00:00 2024",
    " From ada@example.org\n From: x",
]


@settings(deadline=None, max_examples=60)
@given(
    separators=st.lists(st.sampled_from(SEPARATORS), min_size=1, max_size=4),
    inside=st.lists(st.sampled_from(NO_SEPARATORS), max_size=3),
    before=st.sampled_from(
        [b"", b"\n\n", b"   \n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"Mail export of 2 March\n\n"]
    ),
    end=st.sampled_from([b"\n", b"\r\n"]),
    pack=st.sampled_from([bytes, gzip.compress, zstandard.compress]),
)
async def test_an_mbox_is_cut_where_mails_begin(
    tmp_path_factory: pytest.TempPathFactory,
    separators: list[bytes],
    inside: list[str],
    before: bytes,
    end: bytes,
    pack: object,
) -> None:
    data = before + b"".join(
        separator + b"\n" + mail(number, body="\n\n".join([f"Text {number}.", *inside])) + b"\n"
        for number, separator in enumerate(separators)
    )
    path = tmp_path_factory.mktemp("mail") / "x.mbox"
    path.write_bytes(pack(data.replace(b"\n", end) if end != b"\n" else data))  # type: ignore[operator]  # a strategy of functions
    pages = await pull(path)
    assert [act.ref.key for act in acts(pages)] == [f"{number}@example.org" for number in range(len(separators))]
    assert len(skips(pages)) == before.startswith(b"Mail")
    assert "List-Id" not in "".join(act.text or "" for act in acts(pages))


@pytest.mark.parametrize("separator", [one for one in SEPARATORS if b"12:00" in one or b"00:00" in one])
async def test_a_separator_with_a_date_needs_no_blank_line_before_it(tmp_path: Path, separator: bytes) -> None:
    (tmp_path / "x.mbox").write_bytes(b"".join(separator + b"\n" + mail(n).rstrip(b"\n") + b"\n" for n in range(3)))
    assert len(acts(await pull(tmp_path / "x.mbox"))) == 3


async def test_a_file_of_patches_is_an_mbox_of_them(tmp_path: Path) -> None:
    start = b"From 5a1f0c2d9be47733aa01c2d3e4f5061728394a5b Mon Sep 17 00:00:00 2001\n"
    path = tmp_path / "series.mbox"
    path.write_bytes(b"".join(start + mail(number) + b"\n" for number in range(3)))
    assert len(acts(await pull(path))) == 3


# What lies in folders.


@pytest.mark.parametrize("packed", [False, True])
async def test_a_folder_of_everything_is_read_and_the_rest_is_named_once(tmp_path: Path, packed: bool) -> None:
    data = [mail(number) for number in range(9)]
    files = {
        "a.eml": data[0],
        "b.emlx": b"%d\n" % len(data[1]) + data[1] + b'<?xml version="1.0"?><plist></plist>',
        "lists/2024-01.mbox": mbox(data[2], data[3]),
        "lists/Inbox": mbox(data[4]),
        "lists/Inbox.msf": b"//",
        "mh/7": data[5],
        "mh/.mh_sequences": b"unseen: 7",
        "md/cur/1.M1.host:2,S": data[6],
        "md/.Sent/new/1.M2.host": data[7],
        "c.eml.gz": gzip.compress(data[8]),
        "notes.txt": b"Not a mail.",
        "picture.png": b"\x89PNG",
    }
    for folder in ("md/new", "md/tmp", "md/.Sent/cur", "md/.Sent/tmp"):
        (tmp_path / folder).mkdir(parents=True)
    for name, content in files.items():
        path = tmp_path / (f"{name}.gz" if packed and name.endswith("mbox") else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content) if path.name.endswith("mbox.gz") else content)
    first = await pull(tmp_path)
    assert sorted(act.ref.key for act in acts(first)) == [f"{number}@example.org" for number in range(9)]
    assert [(skip.place, skip.code) for skip in skips(first)] == [
        ("notes.txt", "not_read"),
        ("picture.png", "not_read"),
    ]
    assert await pull(tmp_path, first[-1].cursor) == []
    with (tmp_path / "lists" / "Inbox").open("ab") as inbox:
        inbox.write(mbox(mail(20)))
    (tmp_path / "new.eml").write_bytes(mail(21))
    second = await pull(tmp_path, first[-1].cursor)
    assert sorted(act.ref.key for act in acts(second)) == ["20@example.org", "21@example.org"]


async def test_a_maildir_is_one_without_the_empty_folders_that_copies_leave_out(tmp_path: Path) -> None:
    for name, number in (("a/cur/1.M1.host:2,S", 1), ("b/cur/2.M2.host:2,", 2), ("b/.Sent/cur/3.M3.host:2,S", 3)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(mail(number))
    assert sorted(act.ref.key for act in acts(await pull(tmp_path))) == [
        f"{number}@example.org" for number in (1, 2, 3)
    ]


async def test_a_file_of_a_folder_that_is_no_mail_is_named_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "0.eml").write_bytes(b">From ada@x.example Fri Mar  1 09:00:00 2024\n" + mail(0))
    (tmp_path / "1.eml").write_bytes(mail(1).decode().encode("utf-16"))
    (tmp_path / "2.mbox.xz").write_bytes(b"\xfd7zXZ\x00...")
    (tmp_path / "3.msg").write_bytes(b"\xd0\xcf\x11\xe0...")
    pages = await pull(tmp_path)
    assert [act.ref.key for act in acts(pages)] == ["0@example.org"]
    assert [(skip.place, skip.code, skip.reason.partition(";")[0]) for skip in skips(pages)] == [
        ("1.eml", "not_read", "in UTF-16"),
        ("2.mbox.xz", "not_read", "packed with xz"),
        ("3.msg", "not_read", "an Outlook message (.msg)"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04", "zip"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"BZh91AY", "bzip2"),
        (b"!BDN", "pst"),
        (b"\x01\x01\x01\x01\n", "MMDF"),
        ("From x\n".encode("utf-16"), "UTF-16"),
        (b"\xd0\xcf\x11\xe0", "msg"),
    ],
)
async def test_an_archive_of_another_kind_is_named(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(Fatal, match=reason):
        await pull(tmp_path / "x")


# When.

FORMS = [
    "%a, %d %b %Y %H:%M:%S +0000",
    "%d %b %Y %H:%M:%S GMT",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S +0000",
    "%a %b %d %H:%M:%S %Y",
    "%d %b %Y %I:%M:%S %p",
    "%B %d, %Y %I:%M:%S %p",
    "%a, %d %b %Y %H:%M:%S UTC",
    "%a %b %d %H:%M:%S UTC %Y",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d-%b-%Y %H:%M:%S +0000",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y. %m. %d. %H:%M:%S",
]
LOCALIZED = [
    "ven., 1 mars 2024 10:13:27 +0100",
    "Fr, 1 Mär 2024 10:13:27 MEZ",
    "Freitag, 1. März 2024 10:13:27 +01:00",
    "vie 1 de marzo de 2024 09:13:27",
    "sex, 1 mar 2024 06:13:27 -0300",
    "vr 1 mrt 2024 10:13:27 CET",
    "fre 1 mars 2024 kl. 10:13:27 CET",
    "pt., 1 mar 2024 10:13:27 +0100",
    "пт, 1 мар. 2024 г. 12:13:27 MSK",
    "2024年3月1日 18:13:27 JST",
    "2024年3月1日 下午6:13:27 +0900",
    "金, 1 3月 2024 18:13:27 +0900",
    "周五, 1 三月 2024 17:13:27 +0800",
    "금, 1 3월 2024 18:13:27 +0900",
    "Fri, 1 Mar 2024 9:13:27 a. m. +0000",
    "2024. 3. 1. 오후 6:13:27 KST",
    "Fri, 1 Mar 2024 18:13:27 JST",
    "Fri, 1 Mar 2024 04:13:27 EST",
    "Fri, 1 Mar 2024 11:13:27 EET",
    "Fri, 1 Mar 2024 20:13:27 AEDT",
    "Fri, 1 Mar 2024 11:13:27 GMT+2",
    "Fri, 1 Mar 2024 11:13:27 GMT+02:00",
    "Fri, 01 Mar 124 09:13:27 GMT",
    "Fri, 1 Mar 2024 01:13:27 Pacific Standard Time",
    "Fri, 1 Mar 2024 11:13:27 Central European Summer Time",
    "Friday, March 1, 2024 10:13:27 AM W. Europe Standard Time",
    "Fri, 01 Mar 2024 17:13:27 CST (China Standard Time)",
    "Fri, 01 Mar 2024 12:43:27 IRST",
    "Fri, 01 Mar 2024 16:13:27 NOVT",
    "le 1er mars 2024 à 09:13:27",
    "2024. márc. 1., péntek 10:13:27 +0100",
    "ngày 1 tháng 3, 2024 16:13:27 ICT",
    "יום שישי, 1 במרץ 2024 11:13:27 +0200",
    "1 مارس 2024 09:13:27 UTC",
    "2024 m. kovo 1 d. 11:13:27 +0200",
    "R, 1 märts 2024 11:13:27 +0200",
    "March 1st, 2024 9:13:27 AM",
    "01.03.24 09:13:27",
    "3/1/24 9:13:27 AM",
    "ven. 1 mars 2024 09h13:27",
    "2024年3月1日 9時13分27秒",
    "2024년 3월 1일 18시 13분 27초 KST",
    "Fri, 1 Mar 2024 18:13:27 (JST)",
    "Fri, 1 Mar 2024 18:13:27 Asia/Tokyo",
    "Fri, 1 Mar 2024 10:13:27 Europe/Berlin",
    "Fr, 1 Mrz 2024 10:13:27 +0100",
    "Fri Mar 1 2024 10:13:27 GMT+0100 (Central European Standard Time)",
    "Fri, 1 Mar 2024 04:13:27 EST5EDT",
    "1709284407.5",
    "1709284407000",
    "1709284407",
]


SECONDS = st.integers(631152000, 2177452800)  # from 1990 to 2039


@given(form=st.sampled_from(FORMS), seconds=SECONDS)
def test_a_date_is_read_in_any_form(form: str, seconds: int) -> None:
    when = datetime.fromtimestamp(seconds, UTC)
    assert moment(when.strftime(form)) == when


@pytest.mark.parametrize("text", LOCALIZED)
def test_a_date_is_read_in_words_of_other_languages_and_zones(text: str) -> None:
    found = moment(text)
    assert found
    assert found.replace(microsecond=0) == MOMENT


@pytest.mark.parametrize(
    "text", ["", "yesterday", "1 Foo 2024 09:00", "Fri, 99 Mar 2024 09:00:00 +0000", "2024-13-01T00:00:00Z", "at 9:00"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert moment(text) is None


@pytest.mark.parametrize(
    ("date", "received", "archived", "sent"),
    [
        ("Sun, 01 Mar 2099 09:00:00 +0000", None, Arrival(MOMENT), MOMENT),
        ("Fri, 01 Mar 2024 09:13:27 +0000", None, Arrival(MOMENT - timedelta(days=900)), MOMENT),
        ("Sat, 01 Mar 2025 09:00:00 +0000", None, Arrival(MOMENT, False), MOMENT),
        ("Sat, 01 Mar 2025 09:00:00 +0000", "Fri, 01 Mar 2024 09:13:27 +0000", Arrival(), MOMENT),
        ("Tue, 01 Jan 1980 00:00:00 +0000", "Fri, 01 Mar 2024 09:13:27 +0000", Arrival(), MOMENT),
        ("", "", Arrival(MOMENT), MOMENT),
        ("Fri, 01 Mar 2024 09:13:27 +0000", "Fri, 15 Mar 2024 09:13:27 +0000", Arrival(), MOMENT),
    ],
)
def test_a_date_that_cannot_be_true_gives_way(
    date: str, received: str | None, archived: Arrival, sent: datetime
) -> None:
    lines = ["From: a@x.example", f"Date: {date}"] + [f"Received: by x; {received}"] * bool(received)
    assert read_mail("\n".join([*lines, "", "x"]).encode(), None, archived).sent == sent


# Who.

VIA = [
    '"Ada Birk via Dev" <{list}>',
    "\"'Ada Birk' via Dev\" <{list}>",
    "Ada Birk (via Dev list) <{list}>",
    '"Ada Birk über Dev" <{list}>',
    '"Ada Birk vía Dev" <{list}>',
    '"Ada Birk par Dev" <{list}>',
    '"{list} on behalf of Ada Birk" <{list}>',
    '"Dev im Auftrag von Ada Birk" <{list}>',
    '"Ada Birk via Dev" <dev-bounces@lists.example.org>',
    '"Ada Birk - via Dev" <{list}>',
    "Ada Birk [via Dev] <{list}>",
    '"Ada Birk mediante Dev" <{list}>',
    '"Ada Birk через Dev" <{list}>',
    '"Ada Birk 经由 Dev" <{list}>',
    '"Ada Birk via GitHub" <{list}>',
    "Ada Birk via <{list}>",
]
WITNESSES = [
    "Reply-To: Ada Birk <ada@birk.example>",
    "Reply-To: {list}, Ada Birk <ada@birk.example>",
    "X-Original-From: Ada Birk <ada@birk.example>",
    "X-Original-Sender: ada@birk.example",
    "X-Google-Original-From: Ada Birk <ada@birk.example>",
    "Cc: Ada Birk <ada@birk.example>",
    "Author: Ada Birk <ada@birk.example>",
    "Reply-To: Ada Birk <ada=40birk.example@dmarc.example>",
    "Sender: Ada Birk <ada@birk.example>",
    "X-Mailman-Original-From: Ada Birk <ada@birk.example>",
    "Cc: Bea Lund <bea@lund.example>, Ada Birk <ada@birk.example>",
]
REWRITTEN = [
    "ada=40birk.example@dmarc.lists.example",
    "ada=birk.example@groups.io",
    "srs0=abcd=t2=birk.example=ada@forward.example",
    "prvs=0123abcdef=ada@birk.example",
    "ada_at_birk.example@relay.example",
    "ada%birk.example@relay.example",
    "ada#birk.example@relay.example",
    "ada@birk.example.invalid",
    "ada@birk.example.dmarc.invalid",
    "btv1==012abcdef==ada@birk.example",
    "dev+ada=birk.example@lists.example.org",
    "dev-bounces+ada=birk.example@lists.example.org",
]


@pytest.mark.parametrize("shown", VIA[:-1])
@pytest.mark.parametrize("witness", WITNESSES)
def test_the_author_is_found_behind_the_list(shown: str, witness: str) -> None:
    lines = [
        f"From: {shown.format(list=LIST)}",
        f"To: {LIST}",
        witness.format(list=LIST),
        f"List-Post: <mailto:{LIST}>",
        "",
        "x",
    ]
    assert read_mail("\n".join(lines).encode(), None, Arrival()).sender == ("ada@birk.example", "Ada Birk")


@pytest.mark.parametrize("address", ["noreply@lists.example.org", "ada.birk.example@dmarc.lists.example.org"])
def test_an_answer_goes_to_the_author_whom_a_made_up_address_hides(address: str) -> None:
    lines = [f"From: Ada Birk <{address}>", f"To: {LIST}", "Reply-To: Ada Birk <ada@birk.example>", "", "x"]
    assert read_mail("\n".join(lines).encode(), LIST, Arrival()).sender == ("ada@birk.example", "Ada Birk")


@pytest.mark.parametrize("address", REWRITTEN)
def test_an_address_written_into_another_is_the_authors(address: str) -> None:
    data = f"From: Ada Birk via Dev <{address}>\nTo: {LIST}\n\nx".encode()
    assert read_mail(data, LIST, Arrival()).sender == ("ada@birk.example", "Ada Birk")


@pytest.mark.parametrize(
    ("shown", "more", "sender"),
    [
        ("Kim Via Fano <kim@fano.example>", "", ("kim@fano.example", "Kim Via Fano")),
        ("Kim Via Fano <kim@lists.example.org>", "", ("kim@lists.example.org", "Kim Via Fano")),
        (
            "Ada Birk <notifications@github.com>",
            "X-GitHub-Sender: ada\n",
            ("ada birk via notifications@github.com", "Ada Birk"),
        ),
        (
            "Ada Birk (@ada) <gitlab@git.example>",
            "X-GitLab-Project: app\n",
            ("ada birk via gitlab@git.example", "Ada Birk"),
        ),
        ("Ada Birk via GitHub <noreply@github.com>", "", ("ada birk via noreply@github.com", "Ada Birk")),
        ("Ada Birk (via GitHub) <git@apache.example>", "", ("ada birk via git@apache.example", "Ada Birk")),
        (
            "Ada Birk <pullrequests-noreply@bitbucket.org>",
            "",
            ("ada birk via pullrequests-noreply@bitbucket.org", "Ada Birk"),
        ),
        ("Ada Birk <outgoing@sr.ht>", "X-Sourcehut-Patchset: 4\n", ("ada birk via outgoing@sr.ht", "Ada Birk")),
        ("Ada Birk <123@bugs.launchpad.net>", "X-Launchpad-Bug: x\n", ("ada birk via bugs.launchpad.net", "Ada Birk")),
        (
            "ada (Ada Birk) <noreply@phabricator.example>",
            "X-Phabricator-Sent-This-Message: Yes\n",
            ("ada birk via noreply@phabricator.example", "Ada Birk"),
        ),
        (
            "Ada Birk via Acorn Forum <noreply@forum.example>",
            "X-Discourse-Post-Id: 4\n",
            ("ada birk via noreply@forum.example", "Ada Birk"),
        ),
        ("Ada Birk via RT <rt@rt.example>", "RT-Originator: ada@birk.example\n", ("ada@birk.example", "Ada Birk")),
        ("Sourceforge Tracker <noreply@sourceforge.net>", "", ("noreply@sourceforge.net", "Sourceforge Tracker")),
        ("Ada Birk <ada AT birk DOT example>", "", ("ada@birk.example", "Ada Birk")),
        ("ada at birk.example (Ada Birk)", "", ("ada@birk.example", "Ada Birk")),
        ('"Ada Birk ada@birk.example" <ada@birk.example>', "", ("ada@birk.example", "Ada Birk")),
        ("Ada Birk ada@birk.example [dev] <{list}>", "", ("ada@birk.example", "Ada Birk")),
        ("bugzilla-daemon@bugs.example", "X-Bugzilla-Who: ada@birk.example\n", ("ada@birk.example", "")),
        (
            "renovate[bot] <notifications@github.com>",
            "X-GitHub-Sender: x\n",
            ("notifications@github.com", "renovate[bot]"),
        ),
    ],
)
def test_the_human_is_told_from_the_list_and_the_program(shown: str, more: str, sender: tuple[str, str]) -> None:
    data = f"From: {shown.format(list=LIST)}\nTo: {LIST}\nReply-To: {LIST}\n{more}\nx".encode()
    assert read_mail(data, LIST, Arrival()).sender == sender


@pytest.mark.parametrize("sent_by", HEADS)
def test_the_sender_is_who_wrote_it_whatever_sends_it(sent_by: str) -> None:
    head, expected = HEADS[sent_by]
    read = read_mail(f"{head}\nDate: Fri, 1 Mar 2024 09:00:00 +0000\n\nx\n".encode(), None, Arrival())
    assert read.sender
    if expected:
        assert (read.sender, read.automatic) == (expected, None)
    else:
        shown = judge("person", read.sender.name, "", read.sender.address).kind
        assert read.automatic or "bot" in (shown, kind_of(read.sender))


@st.composite
def rewritten(draw: st.DrawFn) -> tuple[str, str, tuple[str, str]]:
    """The head of a mail whose From a list's program rewrote, the list, and who wrote it."""
    first, last = (
        draw(st.sampled_from(["Ada", "Bo", "Jean-Luc", "Ümit"])),
        draw(st.sampled_from(["Birk", "Lund", "O'Hara"])),
    )
    name, address = (
        f"{first} {last}",
        f"{draw(st.sampled_from(['p7', 'x.y', 'me+dev']))}@{draw(st.sampled_from(['birk', 'lund']))}.example",
    )
    dev, host = (
        draw(st.sampled_from(["dev", "acorn-users", "io.talk"])),
        draw(st.sampled_from(["lists.x.example", "x.example"])),
    )
    list_address, local = f"{dev}@{host}", address.partition("@")[0]
    title = draw(st.sampled_from([dev, "Acorn Developers", dev.title()]))
    shown, kept = draw(
        st.sampled_from([
            (f'"{name} via {title}" <{list_address}>', f"Reply-To: {name} <{address}>"),
            (f'"{name} via {title}" <{list_address}>', f"Cc: {name} <{address}>"),
            (f"{name} via {title} <{list_address}>", f"X-MailFrom: {address}"),
            (f'"\'{name}\' via {title}" <{list_address}>', f"X-Original-Sender: {address}"),
            (f'"{name}" (via {dev} Mailing List) <{list_address}>', f"X-Original-From: {address}"),
            (f'"{name}" <dmarc-noreply@{host}>', f"Reply-To: {address}"),
            (f'"{name}" <0000012ab-dmarc-request@{host}>', f"Reply-To: {name} <{address}>"),
            (f"{name} <{local}=40{address.partition('@')[2]}@dmarc.{host}>", "X-Rewritten: yes"),
            (f'"{name} {address} [{dev}]" <{list_address}>', f"Reply-To: {name} <{address}>"),
            (f"{dev}-bounces@{host} on behalf of {name} <{address}>", "X-Mailer: Outlook"),
            (f'"{name} via B4 Relay" <devnull+{_joined(address)}@relay.example>', f"Reply-To: {address}"),
            (f'"{name} via Gitgadget" <gitgadget@relay.example>', f"Cc: fay@moss.example, {name} <{address}>"),
        ])
    )  # fmt: skip
    marked = draw(
        st.sampled_from([
            f"List-Id: {title} <{dev}.{host}>", f"List-Post: <mailto:{list_address}>", f"X-BeenThere: {list_address}",
            f"Mailing-List: list {list_address}; contact {dev}-owner@{host}", f"X-Mailing-List: {list_address}",
            f"Mailing-List: contact {dev}-help@{host}; run by ezmlm", f"Delivered-To: mailing list {list_address}",
            f"List-Unsubscribe: <https://{host}/u>, <mailto:{dev}-request@{host}?subject=unsubscribe>",
            f"Sender: owner-{dev}@{host}", f"Sender: {dev}-bounces@{host}",
        ])
    )  # fmt: skip
    return f"From: {shown}\nTo: {list_address}\n{kept}\n{marked}", list_address, (address, name)


def _joined(address: str) -> str:
    return address.replace("@", ".").replace("+", ".")


@given(rewritten())
def test_the_author_is_found_behind_any_lists_program(drawn: tuple[str, str, tuple[str, str]]) -> None:
    head, list_address, (address, name) = drawn
    read = read_mail(f"{head}\nDate: Fri, 1 Mar 2024 09:00:00 +0000\n\nx\n".encode(), None, Arrival())
    assert read.list_address == list_address
    assert read.sender == (address, name)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            "List-Post: <mailto:reply+AB12@reply.github.com>\nList-ID: acorn/io <io.acorn.github.com>",
            "io@acorn.github.com",
        ),
        ("List-Post: NO\nList-Id: News <news.birk.example>", "news@birk.example"),
        ("X-Mailinglist: dev\nTo: dev@birk.example", "dev@birk.example"),
        ("List-Unsubscribe: <mailto:u-unsubscribe@shop.example>\nTo: ada@birk.example", None),
        ("Sender: owner-dev@birk.example\nTo: ada@birk.example", None),
        ("Delivered-To: ada@birk.example\nTo: ada@birk.example", None),
    ],
)
def test_a_list_is_known_by_what_its_program_adds(head: str, found: str | None) -> None:
    assert read_mail(f"From: bo@lund.example\n{head}\n\nx".encode(), None, Arrival()).list_address == found


@pytest.mark.parametrize(
    ("address", "name", "kind"),
    [
        ("calendar-notification@x.example", "Google Calendar", "bot"),
        ("devnull@x.example", "", "bot"),
        ("build@ci.x.example", "Build Bot", "bot"),
        ("no_reply@x.example", "", "bot"),
        ("do-not-reply@x.example", "Shop", "bot"),
        ("dev-request@lists.x.example", "", "bot"),
        ("patchwork@x.example", "Patchwork", "bot"),
        ("lkp@x.example", "kernel test robot", "bot"),
        ("jen@kinsbot.example", "Jen Kinsbot", "person"),
        ("abbott@x.example", "Anna Abbott", "person"),
        ("robotham@x.example", "Kay Robotham", "person"),
        ("office@x.example", "Office", "group"),
        ("net-team@x.example", "", "group"),
        ("ada@x.example", "", "person"),
        ("nora.reply@x.example", "Nora Reply", "person"),
        ("tracker@x.example", "Will Tracker", "person"),
    ],
)
def test_robots_and_roles_are_told_from_humans(address: str, name: str, kind: str) -> None:
    assert kind_of(Mailbox(address, name)) == kind


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied (vacation)",
        "X-Autoreply: yes",
        "Precedence: auto_reply",
        "Subject: Automatische Antwort: Plan",
        "Subject: Out of Office: Plan",
        "Subject: 自動応答: Plan",
        "Subject: Automatická odpověď: Plan",
        "Subject: Réponse automatique : Plan",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "X-Failed-Recipients: a@x.example",
        "Subject: [Dev] Out of Office: Plan",
        "Subject: Vacation reply",
        "X-Mailer: vacation 1.2",
        "X-Loop: vacation",
        "X-Auto-Response: yes",
        "X-POST-MessageClass: 9; Autoresponder",
        "Delivered-To: Autoresponder",
        "Return-Path: <>",
        "X-GitHub-Reason: ci_activity",
        "X-Cron-Env: <SHELL=/bin/sh>",
        "Subject: AUTO: Bea Lund is out of the office (returning 4 March)",
        "Content-Type: message/disposition-notification",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
        "Content-Type: text/calendar; component=VEVENT; METHOD=reply",
        "Content-Type: message/delivery-status",
        "Content-Type: text/calendar; method=REPLY",
        'Content-Type: text/calendar; method="COUNTER"',
    ],
)
def test_what_a_program_answers_is_nobodys_act(headers: str) -> None:
    data = f"From: Bea <bea@lund.example>\nTo: a@x.example\nDate: Fri, 1 Mar 2024 09:00:00 +0000\n{headers}\n\nx\n"
    assert read_mail(data.encode(), None, Arrival()).automatic


ANSWERS = """
    Automatic reply|Auto-Response|Autoreply|Automated response|Out of Office|Out of the office|OOO|Away from my
    mail|On annual leave
    |Automatische Antwort|Abwesenheitsnotiz|Abwesenheit|Nicht im Büro|Außer Haus
    |Réponse automatique|Absence du bureau|Absent(e) du bureau
    |Message d'absence|Respuesta automática|Fuera de la oficina|Resposta automática|Fora do escritório|Ausência
    temporária
    |Risposta automatica|Fuori sede|Assente dall'ufficio|Automatisch antwoord|Afwezigheidsbericht|Automatiskt
    svar|Frånvaro
    |Automatisk svar|Fravær|Ikke til stede|Automaattinen vastaus|Poissa toimistosta|Automatyczna odpowiedź|Odpowiedź
    automatyczna
    |Poza biurem|Automatická odpověď|Mimo kancelář|Automatická odpoveď|Automatikus válasz|Házon kívül|Răspuns automat
    |Автоматический ответ|Автоответ|Нет на месте|Вне офиса|Автоматична відповідь|Автоматичен отговор|Otomatik
    yanıt|Ofis dışında
    |Αυτόματη απάντηση|מענה אוטומטי|תשובה אוטומטית|رد
    تلقائي|自動返信|自動応答|不在通知|自动回复|自动答复|自動回覆|자동 회신|부재중
    |Automatski odgovor|Samodejni odgovor|Automaatvastus|Automatinis atsakymas|Automātiska atbilde|Resposta automàtica
    |Trả lời tự động|Balasan otomatis|ตอบกลับอัตโนมัติ|Sjálfvirkt svar
"""
ANSWER = st.sampled_from([answer.strip() for answer in ANSWERS.split("|")])


@given(
    ANSWER,
    st.sampled_from(
        ["{}", "{}: Plan", "{} : Re: Plan", "[{}] Plan", "【{}】Plan", "{} - Plan", "{} Re: Plan", "[Dev] {}"]
    ),
)
def test_a_program_answers_in_many_languages(answer: str, dress: str) -> None:
    head = f"From: Bea <bea@lund.example>\nSubject: {dress.format(answer)}\n\nx\n"
    assert read_mail(head.encode(), None, Arrival()).automatic


@given(
    ANSWER,
    st.sampled_from(
        ["Re: {}: Plan", "The {} of the server", "Is {} on?", "{} hours, and what they cost", "{} detection fails"]
    ),
)
def test_who_speaks_of_such_answers_is_no_program(answer: str, dress: str) -> None:
    head = f"From: Bea <bea@lund.example>\nSubject: {dress.format(answer)}\n\nx\n"
    assert not read_mail(head.encode(), None, Arrival()).automatic
    assert not read_mail(head.encode(), LIST, Arrival()).automatic


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: no",
        "Subject: Out of office hours",
        "Subject: Abwesenheit am Freitag",
        "Content-Type: text/calendar; method=REQUEST",
        "Content-Type: text/calendar; method=PUBLISH",
        "X-Auto-Response-Suppress: All",
        "X-Loop: dev@lists.example.org",
        "Precedence: bulk",
        "Return-Path: <bea@lund.example>",
    ],
)
def test_what_a_human_writes_is_an_act(headers: str) -> None:
    assert not read_mail(f"From: Bea <bea@lund.example>\n{headers}\n\nx\n".encode(), None, Arrival()).automatic


# In which letters.

WRITTEN = {
    "utf-8": "héllo", "ibm866": "привет", "iso-8859-2": "łódź", "iso-8859-3": "ħ", "iso-8859-4": "ā",
    "iso-8859-5": "привет", "iso-8859-6": "سلام", "iso-8859-7": "γεια", "iso-8859-8": "שלום", "iso-8859-8-i": "שלום",
    "iso-8859-10": "ā", "iso-8859-13": "ā", "iso-8859-14": "ẁ", "iso-8859-15": "€", "iso-8859-16": "ș",
    "koi8-r": "привет", "koi8-u": "їжак", "macintosh": "é", "windows-874": "สวัสดี", "windows-1250": "łódź",
    "windows-1251": "привет", "windows-1252": "“é”", "windows-1253": "γεια", "windows-1254": "ğış",
    "windows-1255": "שלום",
    "windows-1256": "سلام", "windows-1257": "ā", "windows-1258": "đ", "x-mac-cyrillic": "привет", "gbk": "你好",
    "gb18030": "你好", "big5": "你好", "euc-jp": "こんにちは", "iso-2022-jp": "こんにちは", "shift_jis": "こんにちは",
    "euc-kr": "안녕", "utf-16be": "hé", "utf-16le": "hé",
}  # fmt: skip
LABELS = [(label, name) for label, name in webencodings.LABELS.items() if name in WRITTEN]


@given(st.sampled_from(LABELS), st.sampled_from(["{}", '"{}"', " {} ", "'{}'", "{};", "charset={}"]), st.booleans())
@settings(max_examples=1500)
def test_each_label_of_the_web_means_what_it_means_there(label: tuple[str, str], dress: str, upper: bool) -> None:
    name, encoding = label
    data = webencodings.lookup(encoding).codec_info.encode(WRITTEN[encoding])[0]
    written = dress.format(name)
    assert decoded(data, written.upper() if upper else written) == WRITTEN[encoding]


#: Labels for which that table has no encoding.
REPLACED = {
    "iso-2022-kr": ("안녕".encode("iso2022_kr"), "안녕"),
    "csiso2022kr": ("안녕 io".encode("iso2022_kr"), "안녕 io"),
    "hz-gb-2312": ("你好 io".encode("hz"), "你好 io"),
    "iso-2022-cn": (b"io \x1b$)A\x0eDc:C\x0f, io", "io \ufffd\ufffd, io"),
    "iso-2022-cn-ext": (b"\x1b$)G\x0eDcG(\x0f io\n", "\ufffd\ufffd io\n"),
    "replacement": ("żółw".encode(), "żółw"),
    "x-user-defined": (b"caf\xe9", "café"),
}


def test_each_label_of_the_web_is_tried() -> None:
    assert {label for label, _ in LABELS} | set(REPLACED) == set(webencodings.LABELS)


@pytest.mark.parametrize("label", REPLACED)
@pytest.mark.parametrize("dress", ["{}", '"{}"', " {} "])
def test_a_label_without_an_encoding_is_read_where_a_decoder_is_and_replaced_where_none_is(
    label: str, dress: str
) -> None:
    data, text = REPLACED[label]
    assert decoded(data, dress.format(label)) == decoded(data, dress.format(label).upper()) == text
    assert decoded(b"plain", label) == "plain"


@pytest.mark.parametrize(
    "encoding",
    [name for name in WRITTEN if name not in ("utf-8", "iso-2022-jp", "utf-16be", "utf-16le")],
)
def test_a_raw_header_is_in_the_letters_of_the_text(encoding: str) -> None:
    word = webencodings.lookup(encoding).codec_info.encode(WRITTEN[encoding])[0]
    head = b"From: " + word + b" <a@birk.example>\nSubject: " + word
    data = head + f"\nContent-Type: text/plain; charset={encoding}\n\n".encode() + word
    mail = read_mail(data, None, Arrival())
    assert (mail.sender, mail.subject, mail.text) == (("a@birk.example", WRITTEN[encoding]), *(WRITTEN[encoding],) * 2)


@pytest.mark.parametrize("label", ["utf8mb4", "x-utf-8", "cp65001", "unknown-8bit", "default", "us-ascii"])
def test_a_label_that_no_table_has_leaves_the_letters(label: str) -> None:
    assert decoded("żółw".encode(), label) == "żółw"


# What a mail answers.


@pytest.mark.parametrize(
    ("value", "answers"),
    [
        ("<a@x.example>", ("a@x.example",)),
        ("&lt;a@x.example&gt;", ("a@x.example",)),
        ("a@x.example>", ("a@x.example",)),
        ('Your message of "Fri, 1 Mar 2024" <a@x.example>', ("a@x.example",)),
        ("Message from Bea Lund <bea@lund.example> <a@x.example>", ("a@x.example",)),
        ("<bea@lund.example>'s message of Friday <a@x.example>", ("a@x.example",)),
        ("Bea Lund <bea@lund.example>", ()),
        ("Cai Moss <cai@moss.example>", ()),
        ("<dev@lists.example.org>", ()),
        ("Your mail of Friday", ()),
    ],
)
def test_an_address_is_never_what_a_mail_answers(value: str, answers: tuple[str, ...]) -> None:
    head = f"From: Ada <ada@birk.example>\nTo: {LIST}\nCc: bea@lund.example\nMessage-ID: <z@x.example>"
    for name in ("In-Reply-To", "References"):
        assert read_mail(f"{head}\n{name}: {value}\n\nx".encode(), None, Arrival()).answers == answers


# Whom an @ in a text means.

PEOPLE = [
    "ask {} please",
    "({})",
    "<{}>",
    "mailto:{}",
    "Cc: Bea <{}>",
    "{}: thanks for it.",
    "{}, and",
    "{}.",
    "“{}”",
    "'{}'",
    "[{}]",
    "{}?",
    "Bea ({})",
    "<mailto:{}>",
    "write to {}!",
    "* {} *",
    "mailto:{}?subject=io",
    "E-mail:{}",
    "email={}",
    "…{}…",
    "请联系{}。",
    "_{}_",
    "{} 100% sure",
    "<mail>{}</mail>",
    '{{"mail": "{}"}}',
    "[{}](mailto:{})",
]
NOBODY = [
    "https://x.example/{}/",
    "https://{}/app.git",
    "ssh://{}/app",
    "git clone {}:app.git",
    "ssh {}",
    "{}:north/app.git",
    "Message-ID: <{}>",
    "In-Reply-To: <{}>",
    "xmpp:{}",
    "$ scp a {}",
    "rsync -a x {}:",
    "mid:{}",
    "see http://l.example/r/{}",
    "https://x.example/?mail={}",
    "[{} ~]$ ls",
    "{}:~/src$ ls",
    "{} % ls",
    "ssh-ed25519 AAAAC3NzaC1l {}",
    "From {} Mon Sep 17 00:00:00 2001",
    "diff --git a/{} b/{}",
    "host/{}",
    "References: <x@y.example> <{}>",
    "Message-Id: {}",
    "ssh-copy-id {}",
    "?to={}",
    "/home/{}/x",
]
NEVER = [
    "price=5@100",
    "node@3e8",
    "root@localhost",
    "getty@tty1.service",
    "@@ -1,2 +3,4 @@",
    "pkg@1.2.3",
    "a@b",
    "x@y.py",
    "20240301090000.GA1@host.example",
    "87abc.fsf@gnu.example",
    "CAHk-=wi0kx7@mail.example",
    "@app.route",
    "user@host.local",
    "serial@3f8.uart",
    "session@2.scope",
    "memcpy@plt.got",
    "part1.0123ABCD.4567@birk.example",
    "BAY1-F12ABC@phx.gbl",
    "AM0PR04MB12@AM0PR04MB12.eurprd04.prod.outlook.com",
    "Pine.LNX.4.64.0703@birk.example",
    "1Oabcd-00031xy-Pq@birk.example",
]


@given(
    st.lists(
        st.tuples(st.sampled_from(PEOPLE), st.booleans())
        | st.tuples(st.sampled_from(NOBODY), st.none())
        | st.tuples(st.sampled_from(NEVER), st.none()),
        max_size=6,
    )
)
def test_an_at_is_a_person_only_as_an_address(parts: list[tuple[str, bool | None]]) -> None:
    lines, expected = [], []
    for number, (form, capitals) in enumerate(parts):
        address = f"p{number}.birk@lund{number}.example"
        lines.append(form.replace("{}", address.title() if capitals else address))
        if capitals is not None:
            expected.append(address)
    assert mentioned("\n".join(lines)) == expected


LOCALS = st.one_of(
    st.sampled_from(["user", "root", "you", "cai.fsf", "postgres"]),
    st.integers(10**11, 10**13 - 1).map(str),
    st.integers(10**6, 10**8).map("bea.{}".format),
    st.text("bcdghk", min_size=42, max_size=60),
)
HOSTS = st.sampled_from(["box.lan", "birk.local", "office.internal", "lund.example", "mail.gmail.com"])


@given(
    st.builds("{}@{}".format, LOCALS, HOSTS),
    st.sampled_from(["From", "To", "Cc", "Reply-To", "REPLY-TO"]),
    st.sampled_from(["{}", "Bea <{}>", "{}, fay@moss.example"]),
    st.sampled_from(["Ask {} about it.", "Ask {}.", "See <{}>, please.", "({})"]),
    st.booleans(),
)
def test_an_address_that_a_header_names_counts_in_the_text_whatever_it_looks_like(
    address: str, header: str, dress: str, words: str, capitals: bool
) -> None:
    line = words.format(address.upper() if capitals else address)
    read = read_mail(f"{header}: {dress.format(address)}\n\n{line}\n".encode(), None, Arrival())
    assert mentioned(read.text or "", read.known) == [address]
    stranger = read_mail(f"{header}: fay@moss.example\n\n{line}\n".encode(), None, Arrival())
    likely = re.fullmatch(r"(?:user|root|you|postgres|\w|\.)+@lund\.example", address)
    assert likely or mentioned(stranger.text or "", stranger.known) == []


async def test_whom_replies_go_to_is_mentioned_by_a_plain_address(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(
        b"From: Ada <ada@birk.example>\nTo: bo@lund.example\nReply-To: 123456789012@birk.lan\n"
        b"Date: Mon, 5 May 2025 10:00:00 +0000\nMessage-ID: <1@birk.example>\n\n"
        b"Write to 123456789012@birk.lan, not to 123456789013@birk.lan.\n"
    )
    (told,) = acts(await pull(path))
    assert [(target.identity.key, target.kind) for target in told.targets] == [
        ("bo@lund.example", "to"),
        ("123456789012@birk.lan", "mention"),
    ]


# In which letters.

CHARSETS = {
    "koi8-r": "Береза",
    "windows-1251": "Береза",
    "x-windows-1251": "Береза",
    "cp1251": "Береза",
    "iso-8859-5": "Береза",
    "shift_jis": "白樺",
    "x-sjis": "白樺",
    "euc-jp": "白樺",
    "x-euc-jp": "白樺",
    "iso-2022-jp": "白樺",
    "gb2312": "白桦",
    "x-gbk": "白桦",
    "big5": "白樺",
    "euc-kr": "자작나무",
    "ks_c_5601-1987": "자작나무",
    "iso-8859-2": "břízy",
    "windows-1250": "břízy",
    "iso-8859-7": "σημύδα",
    "windows-1255": "ליבנה",
    "iso-8859-8-i": "ליבנה",
    "windows-874": "เบิร์ช",
    "tis-620": "เบิร์ช",
    "x-mac-roman": "bouleau é",
    "cp-850": "bouleau é",
    "ibm850": "bouleau é",
    "utf-8": "Береза 白樺",
}
PYTHONS = {
    "x-windows-1251": "cp1251",
    "x-sjis": "shift_jis",
    "x-euc-jp": "euc-jp",
    "x-gbk": "gbk",
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "windows-874": "cp874",
    "x-mac-roman": "mac-roman",
    "cp-850": "cp850",
    "ibm850": "cp850",
}


@given(
    charset=st.sampled_from(sorted(CHARSETS)),
    case=st.sampled_from([str.lower, str.upper]),
    quotes=st.sampled_from(["", '"']),
)
def test_headers_and_texts_are_in_the_charset_that_the_mail_names(charset: str, case: object, quotes: str) -> None:
    words, codec = CHARSETS[charset], PYTHONS.get(charset, charset)
    label = case(charset)  # type: ignore[operator]  # a strategy of functions
    head = f"From: {words} <a@x.example>\nSubject: {words}\n"
    data = f"{head}Content-Type: text/plain; charset={quotes}{label}{quotes}\n\n{words}\n"
    read = read_mail(data.encode(codec), None, Arrival())
    assert (read.subject, read.text, read.sender and read.sender.name) == (words, words, words)


# Several mails in one.

INNER = """Message: {n}
Date: Fri, 01 Mar 2024 {hour}:00:00 +0000
From: {who} <{who}@x.example>
Subject: Inner {n}
Message-ID: <i{n}@x.example>

Inner words {n}.
"""


def test_a_digest_in_plain_text_is_its_mails() -> None:
    inner = [INNER.format(n=n, hour=8 + n, who=who) for n, who in ((1, "bea"), (2, "cai"))]
    rule = "\n------------------------------\n\n"
    body = (
        "Today's Topics:\n\n   1. Inner 1 (bea)\n\n"
        + "-" * 70
        + "\n\n"
        + rule.join(inner)
        + rule
        + "End of Dev Digest\n*****\n"
    )
    found = read_mails(mail(9, "Dev Digest, Vol 5", body, "dev-request@lists.example.org"), LIST, Arrival())
    assert [(each.key, each.sender and each.sender.address, each.text, each.list_address) for each in found] == [
        ("i1@x.example", "bea@x.example", "Inner words 1.", LIST),
        ("i2@x.example", "cai@x.example", "Inner words 2.", LIST),
    ]


def inner(number: int, set_in: str = "") -> str:
    lines = [f"Date: Fri, 1 Mar 2024 09:0{number}:00 +0000", f"From: P{number} <p{number}@x.example>"]
    return "\n".join(
        [*(set_in + line for line in lines), f"Message-ID: <{number}@x.example>", "", f"Text {number}.", ""]
    )


PARTS = "".join(f"--B\nContent-Type: message/rfc822\n\n{inner(number)}\n" for number in range(3))
PACKED = b64encode(inner(0).encode()).decode()
CARRIERS = {
    "one after the other": ("Dev Digest, Vol 1", f'Content-Type: multipart/mixed; boundary="B"\n\n{PARTS}--B--\n', 3),
    "with words before them": (
        "Dev digest",
        f'Content-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: text/plain\n\nTopics\n{PARTS}--B--\n',
        3,
    ),
    "between underscores, set in": (
        "Digest Number 7",
        "\nThere are 3 messages.\n\n"
        + "".join(f"{'_' * 72}\n{'_' * 72}\n\nMessage: {n}\n{inner(n, '   ')}\n" for n in range(3)),
        3,
    ),
    "between dashes": ("Dev Digest", "\nTopics\n\n" + "".join(f"{'-' * 30}\n\n{inner(n)}\n" for n in range(3)), 3),
    "packed": (
        "Plan",
        'Content-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: message/rfc822\n'
        f"Content-Transfer-Encoding: base64\n\n{PACKED}\n--B--\n",
        1,
    ),
    "held, for a moderator": (
        "Post requires approval",
        f'Content-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: text/plain\n\nSee.\n{PARTS}--B--\n',
        0,
    ),
}


@pytest.mark.parametrize("name", CARRIERS)
def test_the_authors_of_what_a_list_carries_are_those_inside(name: str) -> None:
    subject, rest, count = CARRIERS[name]
    head = f"From: dev-request@lists.example.org\nTo: {LIST}\nList-Post: <mailto:{LIST}>\nSubject: {subject}\n"
    found = read_mails(f"{head}Message-ID: <d@x.example>\nMIME-Version: 1.0\n{rest}".encode(), None, Arrival())
    if count:
        assert [(one.sender.address, one.text) for one in found if one.sender] == [
            (f"p{number}@x.example", f"Text {number}.") for number in range(count)
        ]
    else:
        assert [one.key for one in found] == ["d@x.example"]


def test_rules_in_a_humans_mail_make_no_digest() -> None:
    inner = "\n------------------------------\n\n".join(INNER.format(n=n, hour=9, who="bea") for n in (1, 2))
    [found] = read_mails(mail(9, "Look, a digest", inner, "Ada <ada@example.org>"), LIST, Arrival())
    assert found.key == "9@example.org"


def test_many_recipients_are_kept_up_to_a_limit_that_is_told() -> None:
    to = ", ".join(f"p{number}@x.example" for number in range(5000))
    found = read_mail(f"From: a@x.example\nTo: {to}\n\nx".encode(), None, Arrival())
    assert (len(found.to), found.cut) == (1000, "4,000 recipients beyond 1,000")


@pytest.mark.parametrize(
    ("header", "answers"),
    [
        ('Message from Ada <ada@example.org> of "Fri" <1@example.org>', "1@example.org"),
        ("<1@example.org> from Ada <ada@example.org> on Friday", "1@example.org"),
        ("=?utf-8?q?=3C1=40example=2Eorg=3E?=", "1@example.org"),
        ("=?utf-8?q?=3C1=40exam?=\n =?utf-8?q?ple=2Eorg=3E?=", "1@example.org"),
        ("<mailto:cai@example.org>", None),
        ("Your message of Friday <1@example.org>", "1@example.org"),
        ('Your message of "Fri" ada@example.org', None),
        ("<1@exam", None),
        ("<1@\n example.org>", "1@example.org"),
        ("1@example.org", "1@example.org"),
    ],
)
def test_an_address_is_never_a_message_id(header: str, answers: str | None) -> None:
    data = f"From: b@example.org\nTo: Ada <ada@example.org>\nIn-Reply-To: {header}\n\nx".encode()
    assert next(iter(read_mail(data, None, Arrival()).answers), None) == answers


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000))
async def test_the_order_of_files_decides_no_key_kind_or_thread(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    thread = [mail(n, "Plan" if n == 0 else "Re: Plan", answers=list(range(n))) for n in range(6)]
    folder = tmp_path_factory.mktemp("mails")
    for name, data in enumerate(random.Random(seed).sample(thread, len(thread))):
        (folder / f"{name}.eml").write_bytes(data)
    found = {act.ref.key: act for act in acts(await pull(folder))}
    assert {act.conversation and act.conversation.key for act in found.values()} == {"0@example.org"}
    for act in found.values():
        assert act.reply_to is None or act.reply_to == found[act.reply_to.key].ref


@pytest.mark.parametrize("before", ["", " ", "`", "（", "：", "—", "‹", "(", "**"])
@pytest.mark.parametrize("after", ["", " ", "`", "）", "，", "。", "—", "…", "›", ").", "!"])
def test_an_address_is_set_off_in_any_script(before: str, after: str) -> None:
    gap = " " if before in ("", "`", "**") else ""
    assert mentioned(f"问{gap}{before}ada@birk.example{after or ' '}好") == ["ada@birk.example"]


@pytest.mark.parametrize("text", ["<CAF123@mail.gmail.com>", "see <x1y2@mail.android.com> please"])
def test_where_ids_are_made_nobody_lives(text: str) -> None:
    assert mentioned(text) == []


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Mon, 5 May 2025 10:00:00 \u22120200", 12),
        ("Mon, 5 May 2025 10:00:00 \u20130200", 12),
        ("Mon, 5 May 1997 10:00:00 MET DST", 8),
        ("Mon, 5 May 1997 10:00:00 CET_DST", 8),
        ("Mon, 5 May 1997 10:00:00 MET", 9),
        ("Mon, 5 May 2025 24:00:00 +0000", 24),
    ],
)
def test_a_date_is_read_with_odd_signs_summer_times_and_midnights(text: str, hour: int) -> None:
    found = moment(text)
    assert found
    assert found == datetime(found.year, 5, 5, tzinfo=UTC) + timedelta(hours=hour)


@pytest.mark.parametrize("dress", ["(JIRA)", "(Jira)", "(Gerrit)", "(Code Review)", "(Phabricator)", "(via Bugzilla)"])
@pytest.mark.parametrize("address", ["jira@apache.example", "gerrit@birk.example", "bugzilla@birk.example"])
def test_the_human_behind_a_tracker_is_told_by_the_name_alone(dress: str, address: str) -> None:
    data = f"From: Ada Birk {dress} <{address}>\nDate: Mon, 5 May 2025 10:00:00 +0000\n\nHello.\n".encode()
    assert read_mail(data, None, Arrival()).sender == Mailbox(f"ada birk via {address}", "Ada Birk")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Birk, Ada <ada@birk.example>", "Birk, Ada"),
        ("Birk , Ada M. <ada@birk.example>", "Birk , Ada M."),
        ('"Birk, Ada" <ada@birk.example>', "Birk, Ada"),
        ("bo@birk.example, Ada <ada@birk.example>", "Ada"),
    ],
)
def test_a_comma_in_a_name_parts_no_mailboxes(value: str, name: str) -> None:
    found = read_mail(f"From: {value}\n\nHello.\n".encode(), None, Arrival())
    assert found.sender
    senders = mailboxes([value])
    assert senders[-1] == Mailbox("ada@birk.example", name)


@pytest.mark.parametrize(
    "host", ["build.gradle", "x.gpio", "vm.qcow", "a.b.tmp", "corp.lan", "box.intra", "co.uk", "web.lxc", "main.go.sum"]
)
def test_a_host_that_nobody_can_register_is_no_persons(host: str) -> None:
    assert mentioned(f"ask ada@{host} or bea@lund.co.uk, cy@xn--mller-kva.de, dee@moss.example") == [
        "bea@lund.co.uk", "cy@xn--mller-kva.de", "dee@moss.example",
    ]  # fmt: skip


@pytest.mark.parametrize("month", range(12))
@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("วันที่ 15 {} พ.ศ. 2567 เวลา 09:30 น.", "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน "
         "กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม"),
        ("15 {} 2567 09:30", "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค."),
        ("15 {} 2024, 09:30", "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर"),
        ("१५ {} २०२४ को ०९:३० बजे", "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितम्बर अक्तूबर नवम्बर दिसम्बर"),
    ],
)  # fmt: skip
def test_months_are_read_in_scripts_with_signs_for_vowels(form: str, names: str, month: int) -> None:
    assert moment(form.format(names.split()[month])) == datetime(2024, month + 1, 15, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "เมื่อ ศ. 15 มี.ค. 2567 เวลา 09:30 Ada Birk <ada@birk.example> เขียนว่า:",
        "ในวันที่ 15 มี.ค. 2024 เวลา 09:30 Ada Birk เขียน:",
        "शुक्र, 15 मार्च 2024 को 9:30 am बजे को Ada Birk <ada@birk.example> ने लिखा:",
        "15 मार्च 2024 को 09:30 पर, Ada Birk ने लिखा:",
    ],
)
def test_attributions_are_read_in_scripts_with_signs_for_vowels(line: str) -> None:
    assert is_attribution(line)
