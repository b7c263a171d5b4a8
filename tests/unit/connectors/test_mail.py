"""Mails become posts, messages and replies between people, whatever archive and whatever state they are in."""

import gzip
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors import Channel, Conversation, Coverage, Fatal, Identity, Interaction, Page, Ref, Skip, Tombstone
from kith.connectors.mail import MailConfig, MailConnector
from kith.connectors.mail.acts import act_of
from kith.connectors.mail.dates import Arrival
from kith.connectors.mail.mails import Mail, read_mail
from kith.connectors.testing import Facts
from tests.paths import shared
from tests.unit.connectors.contexts import ALONE
from tests.unit.connectors.mailboxes import LIST, START, THREAD, Inbox, mail, mbox


async def pull(config: MailConfig | Path, cursor: msgspec.Raw | None = None) -> list[Page]:
    settings = config if isinstance(config, MailConfig) else MailConfig(str(config))
    return [page async for page in MailConnector().pull(settings, cursor, ALONE)]


def acts(pages: list[Page]) -> list[Interaction]:
    return [record for page in pages for record in page.records if isinstance(record, Interaction)]


def skips(pages: list[Page]) -> list[Skip]:
    return [skip for page in pages for skip in page.skipped]


def read(data: bytes, list_address: str | None = None) -> Mail:
    return read_mail(data, list_address, Arrival())


async def acts_of(tmp_path: Path, *mails: bytes, list_address: str | None = LIST) -> list[Interaction]:
    path = tmp_path / "some.mbox"
    path.write_bytes(mbox(*mails))
    return acts(await pull(MailConfig(str(path), list=list_address)))


def targets(act: Interaction) -> dict[str, str]:
    return {target.identity.key.partition("@")[0]: target.kind for target in act.targets}


async def test_a_thread_on_a_list_is_a_post_and_replies_in_one_conversation(tmp_path: Path) -> None:
    found = await acts_of(tmp_path, *THREAD)
    assert [(act.ref.kind, act.actor.key, act.text) for act in found] == [
        ("post", "ada@example.org", "Shall we?"),
        ("reply", "bob@example.org", "Yes."),
        ("reply", "carl@example.org", "Fine."),
        ("post", "bob@example.org", "New."),
        ("reply", "dora@example.org", "Late."),
    ]
    assert [act.conversation.key for act in found if act.conversation] == [
        "1@example.org", "1@example.org", "1@example.org", "4@example.org", "1@example.org",
    ]  # fmt: skip
    assert {act.channel for act in found} == {Ref("mail", LIST)}
    assert {act.title for act in found} == {"Plan", "Other"}


async def test_the_answered_author_to_cc_and_mentions_are_targets_and_the_list_is_none(tmp_path: Path) -> None:
    _, second, third, _, fifth = await acts_of(tmp_path, *THREAD)
    assert targets(second) == {"ada": "reply"}
    assert targets(third) == {"bob": "reply"}
    assert targets(fifth) == {"ada": "to"}
    [act] = await acts_of(
        tmp_path,
        mail(9, "x", "+Cc Emil <emil@example.org>.\n> frida@example.org\n", to=f"Bob <bob@example.org>, {LIST}"),
    )
    assert targets(act) == {"bob": "to", "emil": "mention"}


async def test_a_reply_says_which_act_it_answers(tmp_path: Path) -> None:
    found = await acts_of(tmp_path, *THREAD)
    assert [act.reply_to for act in found] == [None, found[0].ref, found[1].ref, None, None]


async def test_an_answer_to_a_mail_that_is_not_here_still_names_it(tmp_path: Path) -> None:
    [late] = await acts_of(tmp_path, THREAD[2])
    assert late.reply_to
    assert (late.reply_to.key, late.reply_to.kind) == ("2@example.org", "reply")
    assert late.conversation == Ref("mail", "1@example.org")
    [second] = await acts_of(tmp_path, THREAD[1])
    assert second.reply_to
    assert (second.reply_to.key, second.reply_to.kind) == ("1@example.org", "post")


async def test_private_mail_is_a_direct_message_in_no_channel(tmp_path: Path) -> None:
    one, two = (
        mail(1, to="bob@example.org"),
        mail(2, "Re: Hello", "Hi.", "bob@example.org", answers=[1], to="ada@example.org"),
    )
    found = await acts_of(tmp_path, one, two, list_address=None)
    assert [(act.ref.kind, act.visibility, act.channel) for act in found] == [
        ("message", "direct", None),
        ("reply", "direct", None),
    ]
    assert found[1].reply_to == found[0].ref


async def test_a_subject_joins_the_thread_of_the_last_thirty_days_only(tmp_path: Path) -> None:
    day = 24 * 60
    found = await acts_of(
        tmp_path,
        mail(1, "Plan", minutes=0),
        mail(2, "Re: plan", minutes=29 * day),
        mail(3, "RE: AW: Plan", minutes=58 * day),
        mail(4, "Re: Plan", minutes=100 * day),
        mail(5, "Plan", minutes=100 * day),
    )
    assert [act.conversation.key[0] for act in found if act.conversation] == ["1", "1", "1", "4", "5"]
    assert [act.ref.kind for act in found] == ["post", "reply", "reply", "reply", "post"]


async def test_in_reply_to_alone_joins_the_answered_mails_conversation(tmp_path: Path) -> None:
    third = mail(3, "Re: Plan", "x", "Carl <carl@example.org>", "In-Reply-To: <2@example.org>")
    found = await acts_of(tmp_path, *THREAD[:2], third)
    assert found[2].conversation == Ref("mail", "1@example.org")


async def test_a_conversation_is_named_once_after_its_first_mail(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(mbox(*THREAD[1:3], *THREAD[3:]))
    pages = await pull(MailConfig(str(path), list=LIST))
    found = [record for page in pages for record in page.records if isinstance(record, Conversation)]
    assert [(thread.ref.key, thread.title) for thread in found] == [
        ("1@example.org", "Plan"),
        ("4@example.org", "Other"),
    ]


async def test_a_mail_on_two_lists_is_one_act_seen_in_two_channels(tmp_path: Path) -> None:
    foot = "\n_______________________________________________\n{} mailing list\n"
    one = mail(1, "[Dev] Both", "Hi" + foot.format("dev"), "Ada <ada@example.org>", f"List-Post: <mailto:{LIST}>")
    other = "users@lists.example.org"
    two = mail(1, "[users] Both", "Hi" + foot.format("users"), "Ada <ada@example.org>", f"List-Post: <mailto:{other}>")
    first, second = await acts_of(tmp_path, one, two, list_address=None)
    assert first.ref == second.ref
    assert (first.channel, second.channel) == (Ref("mail", LIST), Ref("mail", other))
    assert msgspec.structs.replace(second, channel=first.channel) == first


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("List-Post: <mailto:dev@lists.example.org>", "dev@lists.example.org"),
        ("X-BeenThere: Dev@lists.example.org", "dev@lists.example.org"),
        ("X-Mailing-List: dev@vger.kernel.org", "dev@vger.kernel.org"),
        ("List-Id: The developers <dev.lists.example.org>", "dev@lists.example.org"),
        ("List-Id: git/git <git.git.github.com>", "git@git.github.com"),
        ("List-Post: NO (posting not allowed)", None),
        ("X-Other: x", None),
    ],
)
def test_the_list_is_told_by_the_headers(header: str, address: str | None) -> None:
    assert read(mail(1, "x", "y", "a@example.org", header)).list_address == address


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (["From: Ada <ada@example.org>"], ("ada@example.org", "Ada")),
        (["From: ADA@Example.ORG"], ("ada@example.org", "")),
        (["From: ada at example.org (Ada Lovelace)"], ("ada@example.org", "Ada Lovelace")),
        (["From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>"], ("j@example.org", "Jürgen")),
        (["From: =?iso-8859-1?b?SvxyZ2Vu?= <j@example.org>"], ("j@example.org", "Jürgen")),
        (["From: =?nonsense?b?SvxyZ2Vu?= <j@example.org>"], ("j@example.org", "Jürgen")),
        (["From: =?utf-8?b?broken <j@example.org>"], ("j@example.org", "=?utf-8?b?broken")),
        (['From: "Doe, John" <j@example.org>'], ("j@example.org", "Doe, John")),
        ([f"From: Ada via Dev <{LIST}>", "Reply-To: Ada <ada@example.org>"], ("ada@example.org", "Ada")),
        (
            [f"From: Ada via Dev <{LIST}>", f"Reply-To: {LIST}", "X-Original-From: ada@example.org"],
            ("ada@example.org", "Ada"),
        ),
        ([f"From: Ada via Dev <{LIST}>"], (f"ada via {LIST}", "Ada")),
        (["From: undisclosed"], None),
        ([], None),
    ],
)
def test_the_author_is_found_behind_encodings_and_lists(headers: list[str], sender: tuple[str, str] | None) -> None:
    data = "\n".join([*headers, "Date: Wed, 1 May 2024 12:00:00 +0000", "", "x"]).encode()
    assert read(data, LIST).sender == sender


def test_raw_bytes_in_a_header_are_read_as_what_they_look_like() -> None:
    for encoding in ("utf-8", "latin-1"):
        assert read("From: Jürgen <j@example.org>\nSubject: Grüße\n\nx".encode(encoding)).subject == "Grüße"


@pytest.mark.parametrize(
    ("lines", "sent"),
    [
        (["Date: Wed, 1 May 2024 14:00:00 +0200"], START),
        (["Date: 1 May 24 12:00 GMT"], START),
        (["Date: Wed, 1 May 2024 12:00:00 -0000 (UTC)"], START),
        (["Date: Wed, 01 May 2024 12:00:60 +0000"], START + timedelta(seconds=59)),
        (["Date: yesterday", "Received: by x; Wed, 1 May 2024 12:00:00 +0000"], START),
        (["Date: Thu, 1 Jan 1970 00:00:00 +0000", "Received: by x; Wed, 1 May 2024 12:00:00 +0000"], START),
        (["Date: Fri, 1 May 2037 00:00:00 +0000", "Received: by x; Wed, 1 May 2024 12:00:00 +0000"], START),
        (["Date: Fri, 1 May 2037 00:00:00 +0000"], datetime(2037, 5, 1, tzinfo=UTC)),
        (["Date: Wed, 1 May 2024 12:00:00 +0000", "Received: by x; Wed, 1 May 2024 11:00:00 +0000"], START),
        (["Date: Fri, 1 Jan 2106 00:00:00 +0000"], datetime(2106, 1, 1, tzinfo=UTC)),
        (["Date: Wed, 99 May 2024 12:00:00 +0000"], None),
        (["Date: Wed, 1 May 2024 12:00:00 +9999"], datetime(2024, 5, 1, 12, tzinfo=UTC)),
        ([], None),
    ],
)
def test_broken_dates_give_way_to_better_ones(lines: list[str], sent: datetime | None) -> None:
    assert read("\n".join(["From: a@example.org", *lines, "", "x"]).encode()).sent == sent


async def test_a_mail_without_date_or_sender_is_named_and_the_others_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.eml"
    path.write_bytes(b"From: a@example.org\nSubject: x\n\ny")
    assert [skip.code for skip in skips(await pull(path))] == ["no_date"]
    path.write_bytes(b"Subject: x\nDate: Wed, 1 May 2024 12:00:00 +0000\n\ny")
    assert [skip.code for skip in skips(await pull(path))] == ["no_sender"]


def test_a_mail_without_an_id_is_known_by_what_it_says() -> None:
    data = b"From: a@example.org\nDate: Wed, 1 May 2024 12:00:00 +0000\nSubject: x\n\nhello"
    assert read(data).key == read(data.replace(b"\n", b"\r\n")).key
    assert read(data).key != read(data.replace(b"hello", b"other")).key
    assert read(data).key.endswith("@no-message-id.invalid")


async def test_one_message_id_of_two_mails_keeps_both_and_of_two_copies_one(tmp_path: Path) -> None:
    first = mail(1, "One", "one")
    copy = mail(1, "One", "one\n--\nfooter")
    later = mail(1, "Two", "two", minutes=3 * 24 * 60)
    other = mail(1, "Three", "three", "Bob <bob@example.org>")
    found = await acts_of(tmp_path, first, copy, later, other, later)
    told = {(act.ref.key.endswith("@no-message-id.invalid"), act.title, _name(act.actor)) for act in found}
    assert told == {(False, "One", "ada"), (True, "Two", "ada"), (True, "Three", "bob")}
    assert len({act.ref for act in found}) == 3


def _name(ref: Ref) -> str:
    return ref.key.partition("@")[0]


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("iso-8859-1", "“so”".encode("cp1252"), "“so”"),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("cp1252"), "Grüße"),
        ("gb2312", "镕基".encode("gb18030"), "镕基"),
        ("ks_c_5601-1987", "똠방".encode("cp949"), "똠방"),
        ("shift_jis", "①".encode("cp932"), "①"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("punycode", b"abc", "abc"),
    ],
)
def test_a_charset_is_what_programs_mean_by_it(charset: str, data: bytes, text: str) -> None:
    head = f"From: a@example.org\nContent-Type: text/plain; charset={charset}\n\n".encode()
    assert read(head + data).text == text


MULTIPART = b"""From: a@example.org
Date: Wed, 1 May 2024 12:00:00 +0000
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--y
Content-Type: text/html

<p>not this</p>
--y--
--x
Content-Type: text/plain
Content-Disposition: attachment; filename=patch.txt

not this
--x
Content-Type: message/rfc822

From: b@example.org

nor this
--x--
"""


def test_the_text_is_the_plain_part_without_files_and_attached_mails() -> None:
    assert read(MULTIPART).text == "Grüße"


def test_html_alone_becomes_text() -> None:
    data = MULTIPART.replace(b"text/plain; charset=iso-8859-1", b"image/png")
    assert read(data).text == "not this"


@pytest.mark.parametrize("charset", ["nonsense", "utf-16\0", "idna", "base64", "us-ascii", "utf-8"])
def test_text_in_a_charset_that_is_none_is_read_all_the_same(charset: str) -> None:
    for encoding in ("utf-8", "cp1252"):
        data = f"From: a@example.org\nContent-Type: text/plain; charset={charset}\n\nGrüße".encode(encoding)
        assert read(data).text == "Grüße"


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_can_be_read(data: bytes) -> None:
    for head in (b"", b"From: ", b"Content-Type: multipart/mixed; boundary=x\n\n--x\n", b"Subject: =?"):
        assert "\0" not in f"{read(head + data)}"


async def test_from_lines_inside_texts_do_not_cut_a_mail(tmp_path: Path) -> None:
    body = "From here on:\nFrom 2024 at 10:30 we meet, 2025 too\nno header\n>From quoted\n"
    first, second = await acts_of(tmp_path, mail(1, body=body), mail(2))
    assert first.text == body.replace(">From", "From").strip()
    assert second.text == "Text."


async def test_an_mbox_that_grows_is_read_on_and_a_replaced_one_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(mbox(*THREAD[:2]))
    first = await pull(MailConfig(str(path), list=LIST))
    assert await pull(MailConfig(str(path), list=LIST), first[-1].cursor) == []
    path.write_bytes(mbox(*THREAD[:3]))
    [act] = acts(await pull(MailConfig(str(path), list=LIST), first[-1].cursor))
    assert targets(act) == {"bob": "reply"}
    path.write_bytes(mbox(*THREAD[1:]))
    assert len(acts(await pull(MailConfig(str(path), list=LIST), first[-1].cursor))) == 4


async def test_a_compressed_mbox_is_read_and_one_that_breaks_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox.gz"
    path.write_bytes(gzip.compress(mbox(*THREAD)))
    assert len(acts(await pull(path))) == 5
    path.write_bytes(gzip.compress(mbox(*(mail(number, body=os.urandom(999).hex()) for number in range(50))))[:-3000])
    pages: list[Page] = []

    async def read_on() -> None:
        async for page in MailConnector().pull(MailConfig(str(path)), None, ALONE):
            pages.append(page)

    with pytest.raises(Fatal, match="breaks off after mail"):
        await read_on()
    assert 40 < len(acts(pages)) < 50


async def test_a_maildir_is_read_in_order_of_arrival_and_flags_do_not_matter(tmp_path: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
    for number, data in enumerate(THREAD[:4]):
        path = tmp_path / ("cur" if number % 2 else "new") / f"{9 - number}.host"
        path.write_bytes(data)
        os.utime(path, (number, number))
    config = MailConfig(str(tmp_path), list=LIST)
    first = await pull(config)
    assert [act.ref.key[0] for act in acts(first)] == ["1", "2", "3", "4"]
    (tmp_path / "new" / "9.host").rename(tmp_path / "cur" / "9.host:2,S")
    assert await pull(config, first[-1].cursor) == []
    late = tmp_path / "new" / "1.host"
    late.write_bytes(THREAD[4])
    assert [act.ref.key[0] for act in acts(await pull(config, first[-1].cursor))] == ["5"]
    os.utime(late, (0, 0))
    assert len(acts(await pull(config, first[-1].cursor))) == 5


async def test_a_public_inbox_is_followed_and_its_deletions_are_tombstones(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    for data in THREAD[:2]:
        inbox.add(data)
    config = MailConfig(str(tmp_path / "inbox"), list=LIST)
    first = await pull(config)
    assert [act.ref.key[0] for act in acts(first)] == ["1", "2"]
    assert await pull(config, first[-1].cursor) == []
    inbox.remove(THREAD[1])
    Inbox(tmp_path / "inbox", epoch=1).add(THREAD[2])
    second = await pull(config, first[-1].cursor)
    assert [record.ref for page in second for record in page.records if isinstance(record, Tombstone)] == [
        acts(first)[1].ref
    ]
    assert [act.ref.key[0] for act in acts(second)] == ["3"]
    assert acts(await pull(MailConfig(str(tmp_path / "inbox" / "git" / "1.git"), list=LIST))) != []


async def test_a_public_inbox_of_version_1_is_a_tree_of_mails(tmp_path: Path) -> None:
    from tests.unit.connectors.repositories import Repo

    repo = Repo(tmp_path / "v1")
    for number, data in enumerate(THREAD[:3]):
        path = repo.folder / f"a{number}" / "b"
        path.parent.mkdir()
        path.write_bytes(data)
        repo.commit(f"add {number}", path=f"a{number}/c")
        (repo.folder / f"a{number}" / "c").unlink()
    first = await pull(MailConfig(str(repo.folder), list=LIST))
    assert {act.ref.key[0] for act in acts(first)} == {"1", "2", "3"}


async def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="neither a file nor a folder"):
        await pull(tmp_path / "absent")
    assert await pull(tmp_path) == []
    assert (await MailConnector().check(MailConfig(str(tmp_path)), ALONE)).warnings


async def test_check_says_which_lists_it_finds(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(mbox(mail(1, "x", "y", "a@example.org", f"List-Post: <mailto:{LIST}>"), mail(2)))
    report = await MailConnector().check(MailConfig(str(path)), ALONE)
    assert report.detail == f"Of the first 2 mails, 1 are private; lists: {LIST}."


async def test_a_look_passes_over_mails_that_cannot_be_read(tmp_path: Path) -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1000))
    path = tmp_path / "x.mbox"
    path.write_bytes(mbox(b"From: a@example.org\n" + nested, mail(2)))
    report = await MailConnector().check(MailConfig(str(path)), ALONE)
    assert report.detail.startswith("Of the first 1 mails")
    assert [skip.code for skip in skips(await pull(path))] == ["unreadable_mail"]


async def test_the_page_holds_channel_people_and_what_was_covered(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(mbox(*THREAD, mail(9, sender="Builds <noreply@example.org>")))
    pages = await pull(MailConfig(str(path), list=LIST, visibility="public"))
    records = [record for page in pages for record in page.records]
    [channel] = [record for record in records if isinstance(record, Channel)]
    assert (channel.kind, channel.name, channel.visibility) == ("list", LIST, "public")
    people = {record.ref.key: record for record in records if isinstance(record, Identity)}
    assert people["ada@example.org"].name == "Ada"
    assert people["ada@example.org"].address == "ada@example.org"
    assert people["noreply@example.org"].kind == "bot"
    [coverage] = [record for record in records if isinstance(record, Coverage)]
    assert (coverage.since, coverage.until) == (START + timedelta(minutes=1), START + timedelta(minutes=9, seconds=1))


async def test_a_bare_address_does_not_take_a_name_away(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(mbox(mail(1), mail(2, to="ada@example.org", sender="bob@example.org")))
    people = {
        record.ref.key: record for page in await pull(path) for record in page.records if isinstance(record, Identity)
    }
    ada, bob = people["ada@example.org"], people["bob@example.org"]
    assert (ada.name, ada.seen_at) == ("Ada", START + timedelta(minutes=1))
    assert (bob.name, bob.seen_at) == (None, None)


@pytest.mark.parametrize(
    ("archive", "mails", "skipped"),
    [
        ("mbox/mbox_complex.mbox", 2, 0),
        ("mbox/mbox_multipart.mbox", 2, 0),
        ("mbox/mbox_iso8859_encoding.mbox", 1, 0),
        ("mbox/mbox_unknown_encoding.mbox", 1, 0),
        ("mbox/mbox_unixfrom_encoding.mbox", 1, 0),
        ("pipermail/pipermail_2015_november.mbox", 4, 0),
        ("pipermail/pipermail_2016_april.mbox", 3, 0),
        ("hyperkitty/hyperkitty_2016_march.mbox", 1, 0),
    ],
)
async def test_archives_of_real_lists_are_read_whole(archive: str, mails: int, skipped: int) -> None:
    pages = await pull(shared(f"samples/perceval-fixtures/{archive}"))
    assert (len(acts(pages)), len(skips(pages))) == (mails, skipped)


async def test_answers_in_a_pipermail_archive_find_the_author() -> None:
    path = shared("samples/perceval-fixtures/pipermail/pipermail_2015_november.mbox")
    found = acts(await pull(MailConfig(str(path), list="metrics-grimoire@lists.libresoft.es")))
    assert [act.ref.kind for act in found] == ["post", "reply", "reply", "reply"]
    assert {act.title for act in found} == {"Docker and MetricsGrimoire"}
    assert targets(found[2]) == {"jgb": "reply"}
    assert found[2].reply_to == found[1].ref


@pytest.mark.parametrize(
    "data",
    [
        b"To: " + b"," * 100_000,
        b"References: " + b"a" * 1_000_000,
        b"Content-Type: text/html\n\n" + b"<!--" * 100_000,
        b"From: a@b.c\n\n" + b"a" * 1_000_000,
        b"Subject: " + b"=?" * 50_000,
        b"From: a@b.c\n\n" + b"--\n" * 130_000,
        b"From: a@b.c\n\n" + b"__________\n" * 36_000,
        b"From: a@b.c\n\n" + b"From: a\n" * 50_000,
        b"From: a@b.c\n\n----------\n" + b"list " * 80_000,
        b"From: a@b.c\n\n" + b"a@" * 200_000,
        b"From: ada at b" + b" dot c" * 10_000 + b"!",
        b"From: ada at b" + b"-dot-dot" * 10_000 + b"!",
    ],
    ids=[
        "commas",
        "a long id",
        "comments",
        "a long word",
        "encoded words",
        "dashes",
        "rules",
        "heads",
        "a long footer",
        "addresses",
        "an address in words",
        "an address in a word",
    ],
)
def test_a_mail_made_to_keep_us_busy_does_not(data: bytes) -> None:
    start = time.process_time()
    read(data)
    assert time.process_time() - start < 5  # seconds; each took hours, minutes or a crash where it could


async def test_what_an_older_version_told_of_a_mail_and_this_one_does_not_is_taken_back(tmp_path: Path) -> None:
    """The archive is read again, once, from its beginning; mails that are told as before stay."""
    machine = mail(6, "Away", "Not here.", "Robo <robo@example.org>", "Auto-Submitted: auto-replied")
    path = tmp_path / "some.mbox"
    path.write_bytes(mbox(*THREAD, machine))
    config = MailConfig(str(path), list=LIST)
    first = await pull(config)
    act = acts(first)[0]
    then = msgspec.structs.replace(act, ref=act_of(read(machine, LIST)))
    older = {name: value for name, value in msgspec.json.decode(first[-1].cursor).items() if name != "version"}
    cursor = msgspec.Raw(msgspec.json.encode(older))
    pages = [*first, Page((then,), cursor), *await pull(config, cursor)]
    assert Facts(pages).interactions == Facts(first).interactions
    assert await pull(config, pages[-1].cursor) == []
    path.write_bytes(mbox(*THREAD, machine, machine.replace(b"<6@", b"<7@")))
    assert [r for page in await pull(config, pages[-1].cursor) for r in page.records if isinstance(r, Tombstone)] == []
