"""The connector `lists` on archives that a test serves; tests/labs has real ones."""

import gzip
from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from hashlib import sha1
from pathlib import Path

import msgspec
import pytest

from kith.connectors import (
    Affiliation,
    ConnectorError,
    Coverage,
    Fatal,
    Interaction,
    Manners,
    Missing,
    Page,
    Reauthorize,
    Refused,
    Retry,
    Secret,
    Sweep,
    open_context,
)
from kith.connectors.lists import ListsConfig, ListsConnector, dated, members, reader
from kith.connectors.lists.pipermail import _order
from kith.connectors.mail import MailConfig, MailConnector
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given, check_connector, given_json
from tests.paths import shared
from tests.unit.connectors.mailboxes import LIST, START, THREAD, mail, mbox
from tests.unit.connectors.test_streams import saying, serving

LISTS = ListsConnector()
SAMPLES = "samples/perceval-fixtures"
PASSWORD = Secret("s3cr3t-restpass")
MORE = tuple(
    mail(number, f"Re: {number}", "x", f"P{number} <p{number}@x.org>", answers=[number - 1], minutes=1440 * number)
    for number in range(6, 20)
)
LATE = tuple(mail(number, "Late", "y", minutes=1440 * 605 + number) for number in range(20, 23))


async def read(config: ListsConfig, folder: Path, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(LISTS, config, folder, clock=FakeClock(), manners=Manners(read_seconds=0.5)) as context:
        return [page async for page in LISTS.pull(config, cursor, context)]


def told(pages: list[Page]) -> list[str]:
    return sorted(ref.key.partition("@")[0] for ref in Facts(pages).interactions)


def pipermail(files: dict[str, bytes]) -> Callable[[Asked], Given]:
    """Serve files as a web server does, with versions; their list is in no order."""

    def answer(asked: Asked) -> Given:
        name = asked.path.rpartition("/")[2]
        if not name:
            return Given(
                body="".join(f'<A href="{file}">x</a> <a href="{file}/t.html">' for file in sorted(files)).encode()
                + b"</HTML>"
            )
        if name not in files:
            return Given(404)
        etag = f'"{sha1(files[name]).hexdigest()}"'
        if asked.headers.get("if-none-match") == etag:
            return Given(304, headers={"etag": etag})
        return Given(body=files[name], headers={"etag": etag})

    return answer


def serve(server: FaultServer, base: str, files: dict[str, bytes]) -> ListsConfig:
    for name in ("", *files):
        server.on(f"{base}{name}", pipermail(files))
    return ListsConfig(LIST, server.url(base), "pipermail")


def hyperkitty(mails: Sequence[bytes]) -> Callable[[Asked], Given]:
    """Serve what HyperKitty does: the mails dated from one day to before another."""

    def answer(asked: Asked) -> Given:
        start, end = (date.fromisoformat(asked.query[name]) for name in ("start", "end"))
        dates = [parsedate_to_datetime(message_from_bytes(data)["Date"]).date() for data in mails]
        body = mbox(*(data for data, day in zip(mails, dates, strict=True) if start <= day < end))
        return Given(body=gzip.compress(body, mtime=0), headers={"content-type": "application/gzip"})

    return answer


def export(server: FaultServer, name: str, mails: Sequence[bytes]) -> ListsConfig:
    base = f"/archives/list/{name}"
    server.on(f"{base}/", Given(body=b"<html>"))
    server.on(f"{base}/export/{name}.mbox.gz", hyperkitty(mails))
    return ListsConfig(LIST, server.url(f"{base}/"), "hyperkitty")


def roster(addresses: list[str], size: int | None = None) -> Callable[[Asked], Given]:
    """Serve what Mailman does: some of the members, and how many there are."""

    def answer(asked: Asked) -> Given:
        if b64decode(asked.headers["authorization"].split()[1]) != b"restadmin:s3cr3t-restpass":
            return Given(401)
        count, page = int(asked.query["count"]), int(asked.query["page"])
        start = (page - 1) * count
        entries = [
            {"email": address, "display_name": "Ada", "role": "member"} for address in addresses[start : start + count]
        ]
        total = len(addresses) if size is None else size
        return given_json({"start": start, "total_size": total, **({"entries": entries} if entries else {})})

    return answer


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PAGE_RECORDS", 3)
    monkeypatch.setattr(members, "_PAGE", 2)
    monkeypatch.setattr(dated, "START", START)
    monkeypatch.setattr(dated, "MOST_DAYS", 40.0)


@pytest.mark.usefixtures("small")
async def test_pipermail_conforms() -> None:
    async with FaultServer() as server:
        files = {"2024-May.txt.gz": gzip.compress(mbox(*THREAD)), "2024-April.txt": mbox(*MORE[:4])}
        before = serve(server, "/before/", files)
        grown = files | {"2024-May.txt.gz": gzip.compress(mbox(*THREAD, *MORE[4:7])), "2024-June.txt": mbox(*MORE[7:])}
        verdict = await check_connector(LISTS, before, serve(server, "/after/", grown))
    assert verdict.tier == "branch"


@pytest.mark.usefixtures("small")
async def test_hyperkitty_conforms() -> None:
    async with FaultServer() as server:
        before = export(server, "before@x.org", (*THREAD, *MORE))
        after = export(server, "after@x.org", (*THREAD, *MORE, *LATE))
        verdict = await check_connector(LISTS, before, after)
    assert verdict.tier == "branch"


@pytest.mark.usefixtures("small")
async def test_members_conform() -> None:
    people = [f"p{number}@x.org" for number in range(7)]
    async with FaultServer() as server:
        server.on("/before/lists/dev@lists.example.org/roster/member", roster(people))
        server.on("/after/lists/dev@lists.example.org/roster/member", roster([*people[1:], "q@x.org"]))
        configs = [
            ListsConfig(LIST, mailman=server.url(f"/{name}"), mailman_password=PASSWORD) for name in ("before", "after")
        ]
        assert (await check_connector(LISTS, configs[0])).tier == "leaf"


async def test_a_file_is_read_again_when_it_has_grown_and_only_then(tmp_path: Path) -> None:
    files = {"2024-March.txt": mbox(MORE[9]), "2024-April.txt": mbox(MORE[0]), "2024-May.txt": mbox(*THREAD)}
    async with FaultServer() as server:
        config = serve(server, "/dev/", files)
        first = await read(config, tmp_path)
        assert told(first) == ["1", "15", "2", "3", "4", "5", "6"]
        asked = len(server.asked)
        assert told(await read(config, tmp_path, first[-1].cursor)) == []
        assert [one.path for one in server.asked[asked:]] == ["/dev/", "/dev/2024-April.txt", "/dev/2024-May.txt"]
        files["2024-April.txt"] += mbox(MORE[1])
        files["2024-June.txt"] = mbox(MORE[2])
        serve(server, "/dev/", files)
        assert told(await read(config, tmp_path, first[-1].cursor)) == ["6", "7", "8"]


@pytest.mark.parametrize("cut", [True, False])
async def test_a_file_that_is_not_whole_is_read_again(tmp_path: Path, cut: bool) -> None:
    whole = gzip.compress(mbox(*THREAD, *MORE))
    async with FaultServer() as server:
        config = serve(server, "/dev/", {"2024-May.txt.gz": whole[:-40] if cut else b""})
        with pytest.raises(Retry, match=r"breaks off|is empty"):
            await read(config, tmp_path)


def test_files_are_in_the_order_of_time() -> None:
    names = ["2015", "2016-January", "2016-Feb", "2016q2", "Week-of-Mon-20160404", "20160501", "2016-December"]
    assert sorted(sorted(names), key=_order) == names
    assert _order("thread") == _order("2016-Undecember") == (0, 0, 0)


@pytest.mark.parametrize("month", ["2015_november", "2016_march", "2016_april"])
async def test_a_month_of_pipermail_is_told_as_its_file_is(tmp_path: Path, month: str) -> None:
    path = shared(f"{SAMPLES}/pipermail/pipermail_{month}.mbox")
    await same(tmp_path, path, path.read_bytes(), "pipermail")


@pytest.mark.parametrize("month", ["march", "april"])
async def test_a_month_of_hyperkitty_is_told_as_its_file_is(tmp_path: Path, month: str) -> None:
    path = shared(f"{SAMPLES}/hyperkitty/hyperkitty_2016_{month}.mbox")
    await same(tmp_path, path, path.read_bytes(), "hyperkitty")


async def same(folder: Path, path: Path, body: bytes, kind: str) -> None:
    """Compare what an archive on the web tells with what the connector `mail` tells of the same file."""
    async with FaultServer() as server:
        if kind == "pipermail":
            config = serve(server, "/dev/", {"2016-April.txt": body})
        else:
            server.on("/dev@x.org/", Given())
            server.on("/dev@x.org/export/dev@x.org.mbox.gz", Given(body=gzip.compress(body)))
            config = ListsConfig(LIST, server.url("/dev@x.org"), "hyperkitty")
        mine = await read(config, folder)
    local = MailConfig(str(path), LIST)
    async with open_context(MailConnector(), local, folder) as context:
        theirs = [page async for page in MailConnector().pull(local, None, context)]
    assert Facts(theirs).interactions
    assert essence(mine) == essence(theirs)


def essence(pages: list[Page]) -> list[tuple[object, ...]]:
    acts = [record for page in pages for record in page.records if isinstance(record, Interaction)]
    return sorted(
        {(act.ref.key, act.ref.kind, act.actor.key, act.occurred_at, act.title, act.text) for act in acts}, key=str
    )


async def test_the_list_of_files_of_a_real_archive_is_understood(tmp_path: Path) -> None:
    index = shared(f"{SAMPLES}/pipermail/pipermail_index.html").read_bytes()
    names = ["2015-November.txt.gz", "2016-March.txt", "2016-April.txt"]
    async with FaultServer() as server:
        config = serve(server, "/dev/", dict.fromkeys(names, mbox(THREAD[0])))
        server.on("/dev/", Given(body=index))
        await read(config, tmp_path)
        assert [one.path.rpartition("/")[2] for one in server.asked] == ["", *names]


async def test_time_is_walked_through_in_steps_that_answers_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dated, "BYTES", 600)
    async with FaultServer() as server:
        config = export(server, "dev@x.org", (*THREAD, *MORE, *LATE))
        pages = await read(config, tmp_path)
        assert len(told(pages)) == len(THREAD) + len(MORE) + len(LATE)
        assert len(server.asked) < 100
        [told_] = [record for page in pages for record in page.records if isinstance(record, Coverage)]
        assert told_.status == "read"
        assert told_.until - told_.since > timedelta(days=600)
        asked = len(server.asked)
        again = await read(config, tmp_path, pages[-1].cursor)
        assert len(server.asked) - asked == 2
    assert told(again) == ["20", "21", "22"]


@pytest.mark.usefixtures("small")
async def test_who_is_no_member_any_more_is_looked_for_once_a_day(tmp_path: Path) -> None:
    async with FaultServer() as server:
        path = "/lists/dev@lists.example.org/roster/member"
        server.on(path, roster(["ada@x.org", "Bob@X.org", "not an address", "carl@x.org"]))
        config = ListsConfig(LIST, mailman=server.url().rstrip("/"), mailman_password=PASSWORD)
        pages = await read(config, tmp_path)
        assert await read(config, tmp_path, pages[-1].cursor) == []
        assert [skip.code for page in pages for skip in page.skipped] == ["unreadable_item"]
        joins = [record for page in pages for record in page.records if isinstance(record, Interaction)]
        assert [(act.ref.kind, act.ref.key, act.actor.key) for act in joins] == [
            ("join", LIST, name) for name in ("ada@x.org", "bob@x.org", "carl@x.org")
        ]
        assert [record.phase for page in pages for record in page.records if isinstance(record, Sweep)] == ["begun"]
        server.on(path, roster(["ada@x.org"]))
        assert sweeps(await read(config, tmp_path)) == ["begun", "complete"]
        server.on(path, roster(["ada@x.org"], size=5))
        assert sweeps(await read(config, tmp_path)) == ["begun"]
        wrong = msgspec.structs.replace(config, mailman_password=Secret("wrong-password"))
        with pytest.raises(Reauthorize):
            await read(wrong, tmp_path)
    assert not [record for page in pages for record in page.records if isinstance(record, Affiliation)]


def sweeps(pages: list[Page]) -> list[str]:
    return [record.phase for page in pages for record in page.records if isinstance(record, Sweep)]


@pytest.mark.parametrize("config", [ListsConfig(LIST), ListsConfig(LIST, news="news.example.org:563")])
async def test_settings_that_name_nothing_to_read_say_so(tmp_path: Path, config: ListsConfig) -> None:
    with pytest.raises(Fatal, match=r"Name (an archive|the newsgroup)"):
        await read(config, tmp_path)


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ((b"400 too busy\r\n",), Retry, "too busy"),
        ((b"502 not for you\r\n",), Refused, "not for you"),
        ((b"HTTP/1.1 400 Bad Request\r\n",), Fatal, "HTTP/1.1"),
        ((b"200 hi\r\n", b"200 ok\r\n", b"480 who are you\r\n"), Reauthorize, "who are you"),
        ((b"200 hi\r\n", b"200 ok\r\n", b"411 no such group\r\n"), Missing, "no such group"),
        ((b"200 hi\r\n", b"200 ok\r\n", b"211 many\r\n"), Fatal, "how many articles"),
        ((b"200 hi\r\n", b"200 ok\r\n", b"211 3 1 3 g\r\n", b"224 yes\r\n1\tx\r\n"), Retry, "nothing|ended"),
        (
            (b"200 hi\r\n", b"200 ok\r\n", b"211 1 1 1 g\r\n", b"224 yes\r\n1\tx\r\n.\r\n", b"220 x\r\nFrom: a"),
            Retry,
            "nothing|ended",
        ),
    ],
)
async def test_what_a_news_server_says_amiss_is_told(
    tmp_path: Path, said: tuple[bytes, ...], error: type[ConnectorError], words: str
) -> None:
    async with serving(saying(*said)) as port:
        config = ListsConfig(LIST, news=f"127.0.0.1:{port}", group="g", encrypted=False)
        with pytest.raises(error, match=words):
            await read(config, tmp_path)


async def test_a_news_server_that_is_old_asks_for_a_name_and_numbers_anew(tmp_path: Path) -> None:
    """XOVER in place of OVER, dots at the beginning of lines, articles that have gone, numbers that begin again."""
    said = (
        b"200 hi\r\n", b"500 what\r\n", b"381 more\r\n", b"281 in\r\n", b"211 3 1 3 g\r\n", b"500 what\r\n",
        b"224 yes\r\n1\tx\r\n2\tx\r\n3\tx\r\n.\r\n",
        b"220 1\r\n" + THREAD[0].replace(b"Shall we?", b"..hidden?").replace(b"\n", b"\r\n") + b".\r\n",
        b"423 gone\r\n", b"220 3\r\n" + THREAD[3].replace(b"\n", b"\r\n") + b".\r\n",
    )  # fmt: skip
    cursor = msgspec.Raw(b'{"place":{"type":"articles","last":900}}')
    async with serving(saying(*said)) as port:
        config = ListsConfig(LIST, news=f"127.0.0.1:{port}", group="g", encrypted=False, user="ada", password=PASSWORD)
        pages = await read(config, tmp_path, cursor)
    acts = [record for page in pages for record in page.records if isinstance(record, Interaction)]
    assert [(act.ref.key, act.text) for act in acts] == [("1@example.org", ".hidden?"), ("4@example.org", "New.")]
