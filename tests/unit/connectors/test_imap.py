"""The connector `imap` and servers that answer what they should not; tests/labs has the real one."""

import asyncio
import base64
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.connectors import Fatal, Interaction, Manners, Page, Reauthorize, Retry, Secret, open_context, pages_of
from kith.connectors.imap import ImapConfig, ImapConnector, client
from kith.connectors.imap.answers import Value, answer_of, folder_name, literal_size, ranges, ranges_of
from tests.unit.connectors.mailboxes import THREAD
from tests.unit.connectors.test_streams import Talk, serving

PASSWORD = "s3cr3t-passw0rd"
READY = {
    "": b"* OK ready\r\n",
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nTAG OK done\r\n",
    "AUTHENTICATE PLAIN": b"TAG OK in\r\n",
    "LIST": b'* LIST (\\HasNoChildren) "/" INBOX\r\nTAG OK done\r\n',
    "STATUS": b"* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)\r\nTAG OK done\r\n",
    "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\nTAG OK [READ-ONLY] done\r\n",
    "UID SEARCH": b"* SEARCH 1\r\nTAG OK done\r\n",
    "UID FETCH": b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\nTAG OK done\r\n" % (len(THREAD[0]), THREAD[0]),
}


def scripted(answers: Mapping[str, bytes], heard: list[str] | None = None, drip: float = 0.0) -> Talk:
    """Answer each command by the longest name that it begins with; drip: seconds between bytes."""
    names = sorted(answers, key=len, reverse=True)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(data: bytes) -> None:
            for piece in [data] if not drip else [data[at : at + 1] for at in range(len(data))]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(drip)

        await say(answers[""])
        while line := (await reader.readline()).decode().strip():
            tag, _, command = line.partition(" ")
            if heard is not None:
                heard.append(command or tag)
            name = next((name for name in names if command.startswith(name)), "")
            await say(answers[name].replace(b"TAG", tag.encode()))

    return talk


async def pages(answers: dict[str, bytes], folder: Path, **changes: object) -> list[Page]:
    """Read an account whose server differs from a good one in these answers."""
    heard = changes.pop("heard", None)
    drip = changes.pop("drip", 0.0)
    async with serving(scripted(READY | answers, heard, drip)) as port:  # type: ignore[arg-type] # given by name
        given_ = {"user": "ada", "password": Secret(PASSWORD), "security": "none", "bodies": True} | changes
        config = ImapConfig(f"127.0.0.1:{port}", **given_)  # type: ignore[arg-type] # given by name
        async with open_context(ImapConnector(), config, folder, manners=Manners(read_seconds=0.5)) as context:
            return [page async for page in pages_of(ImapConnector(), config, None, context)]


async def test_a_server_that_can_little_is_read(tmp_path: Path) -> None:
    [page] = await pages({}, tmp_path)
    [act] = [record for record in page.records if isinstance(record, Interaction)]
    assert (act.ref.key, act.text) == ("1@example.org", "Shall we?")


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        ({"": b"HTTP/1.1 400 Bad Request\r\n"}, Fatal, "no IMAP: 'HTTP/1.1"),
        ({"": b"* BYE too many connections\r\n"}, Retry, "too many connections"),
        ({"CAPABILITY": b"* CAPABILITY (((\r\nTAG OK\r\n"}, Fatal, "no IMAP"),
        ({"CAPABILITY": b"* " + b"(" * 60 + b"\r\nTAG OK\r\n"}, Fatal, "no IMAP"),
        ({"CAPABILITY": b"* 1\r\nTAG OK\r\n"}, Fatal, "no IMAP"),
        ({"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK\r\n"}, Fatal, "set `security` to tls"),
        (
            {"AUTHENTICATE PLAIN": b"TAG NO [AUTHENTICATIONFAILED] no such user\r\n"},
            Reauthorize,
            "AUTHENTICATE: no such user",
        ),
        ({"AUTHENTICATE PLAIN": b"TAG NO [UNAVAILABLE] directory is down\r\n"}, Retry, "directory is down"),
        ({"AUTHENTICATE PLAIN": b"TAG BAD what\r\n"}, Fatal, "what"),
        ({"EXAMINE": b"TAG OK done\r\n"}, Fatal, "no numbers for the mails of INBOX"),
        ({"EXAMINE": b"TAG NO [NONEXISTENT] gone\r\n"}, Fatal, "EXAMINE: gone"),
        ({"EXAMINE": b"* BYE shutting down\r\n"}, Retry, "shutting down"),
        ({"UID FETCH": b"* 1 FETCH (UID 1 BODY[] {99999999}\r\n"}, Fatal, "99,999,999 bytes at once"),
        ({"UID FETCH": b"* 1 FETCH (UID 1 BODY[] {10}\r\nhalf"}, Retry, "said nothing|ended|broke off"),
        ({"UID SEARCH": b"* ESEARCH (TAG x) UID ALL 1:\r\nTAG OK done\r\n"}, None, ""),
    ],
)
async def test_what_is_amiss_is_said(
    tmp_path: Path, answers: dict[str, bytes], error: type[Exception] | None, said: str
) -> None:
    if error is None:
        assert len(await pages(answers, tmp_path)) == 1
        return
    with pytest.raises(error, match=said) as raised:
        await pages(answers, tmp_path)
    assert PASSWORD not in str(raised.value)
    assert base64.b64encode(PASSWORD.encode()).decode()[4:-4] not in str(raised.value)


async def test_an_answer_that_drips_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.3)
    with pytest.raises(Retry, match="took longer"):
        await pages({}, tmp_path, drip=0.02)


async def test_a_mail_that_the_server_does_not_give_is_told(tmp_path: Path) -> None:
    [page] = await pages({"UID FETCH": b"* 1 FETCH (UID 1 BODY[] NIL)\r\nTAG OK done\r\n"}, tmp_path)
    assert [(skip.place, skip.code) for skip in page.skipped] == [("INBOX 1", "not_read")]


async def test_a_password_is_sent_as_the_server_takes_it(tmp_path: Path) -> None:
    heard: list[str] = []
    await pages(
        {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n", "LOGIN": b"TAG OK in\r\n"},
        tmp_path, heard=heard, password=Secret('pass"word\\'),
    )  # fmt: skip
    assert r'LOGIN "ada" "pass\"word\\"' in heard
    heard.clear()
    waits = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n",
        "AUTHENTICATE PLAIN": b"+ \r\n",
        "": b"",
    }
    secret = base64.b64encode(f"\0ada\0{PASSWORD}".encode()).decode()
    async with serving(waiting(waits, secret, heard)) as port:
        config = ImapConfig(f"127.0.0.1:{port}", "ada", Secret(PASSWORD), security="none")
        async with open_context(ImapConnector(), config, tmp_path) as context:
            await ImapConnector().check(config, context)
    assert secret in heard


def waiting(answers: Mapping[str, bytes], secret: str, heard: list[str]) -> Talk:
    """Take what signs in on a line of its own."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(READY[""])
        tag = ""
        while line := (await reader.readline()).decode().strip():
            heard.append(line)
            if line == secret:
                writer.write(f"{tag} OK in\r\n".encode())
                continue
            tag, _, command = line.partition(" ")
            name = next(
                name for name in sorted({**READY, **answers}, key=len, reverse=True) if command.startswith(name)
            )
            writer.write({**READY, **answers}[name].replace(b"TAG", tag.encode()))

    return talk


async def test_a_server_that_signs_in_by_itself_before_it_encrypts_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="somebody in between"):
        await pages({"": b"* PREAUTH welcome\r\n"}, tmp_path, security="starttls")


def test_answers_are_read_with_strings_lists_and_literals() -> None:
    parts = [b'* 12 FETCH (UID 7 FLAGS (\\Seen "a \\"b\\"") BODY[HEADER.FIELDS (TO)]<0> {5}', b"a)\r\nb", b" X NIL)"]
    answer = answer_of(parts)
    assert (answer.word, answer.number) == ("FETCH", 12)
    assert answer.values == [
        ["UID", "7", "FLAGS", ["\\Seen", b'a "b"'], "BODY[HEADER.FIELDS (TO)]<0>", b"a)\r\nb", "X", None]
    ]
    assert literal_size(parts[0]) == 5
    status = answer_of([b"k1 NO [CODE 1 (2)] it's (not \"closed"])
    assert (status.tag, status.word, status.code, status.text) == ("k1", "NO", "CODE 1 (2)", "it's (not \"closed")


@given(st.recursive(st.binary(max_size=20) | st.none(), lambda inner: st.lists(inner, max_size=4), max_leaves=20))
def test_whatever_a_server_writes_as_literals_comes_back(value: Value) -> None:
    parts = [b"* X "]

    def write(value: Value) -> None:
        if value is None:
            parts[-1] += b" NIL"
        elif isinstance(value, list):
            parts[-1] += b"("
            for one in value:
                write(one)
            parts[-1] += b")"
        else:
            assert isinstance(value, bytes)
            parts[-1] += b" {%d}" % len(value)
            parts.extend((value, b""))

    write(value)
    assert answer_of(parts).values == [value]


@given(st.binary(max_size=200))
def test_bytes_that_are_no_answer_are_refused_and_never_a_fault(line: bytes) -> None:
    with suppress(Fatal):
        answer_of([line.replace(b"\n", b"")])


@given(st.sets(st.integers(1, 200)))
def test_numbers_are_ranges_and_back(numbers: set[int]) -> None:
    found = ranges_of(iter(numbers))
    assert ranges(",".join(f"{low}:{high}" for low, high in found)) == found
    assert {one for low, high in found for one in range(low, high + 1)} == numbers


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("INBOX", "INBOX"),
        ("Entw&APw-rfe", "Entwürfe"),
        ("R&-D", "R&D"),
        ("&ZeVnLIqe-", "日本語"),
        ("&broken", "&broken"),
    ],
)
def test_names_of_folders_are_shown_as_people_write_them(raw: str, name: str) -> None:
    assert folder_name(raw) == name
