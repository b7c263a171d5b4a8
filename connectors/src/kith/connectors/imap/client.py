"""A signed-in connection to an IMAP server: the few commands that reading needs."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import msgspec

from kith.connectors import Context, Fatal, Reauthorize, Retry, Stream, host_and_port
from kith.connectors.imap.answers import (
    Answer,
    Value,
    answer_of,
    folder_name,
    literal_size,
    number,
    pairs,
    quoted,
    ranges,
    ranges_of,
)
from kith.connectors.imap.config import ImapConfig

LINE_BYTES = 8 << 20  # all numbers of a folder of a million mails
ANSWER_SECONDS = 300.0  # for one command, however slowly its answer drips
#: Folders whose mails are no conversations, or copies of those in others.
_UNREAD = frozenset({"\\noselect", "\\nonexistent", "\\junk", "\\trash", "\\drafts", "\\flagged", "\\important"})
#: Answers that nobody asked for and that tell of a change.
_CHANGES = ("EXISTS", "EXPUNGE", "VANISHED")
#: Refusals that pass by themselves.
_LATER = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "EXPUNGEISSUED")


class Folder(msgspec.Struct, frozen=True):
    """raw: its name as the server writes it. mark: changes with what is in it."""

    raw: str
    name: str
    mails: int
    mark: str | None


class Box(msgspec.Struct, frozen=True):
    """An open folder. validity: of its numbers. modseq: of its latest change, 0 where the server keeps none.

    vanished: the numbers that have gone since the modseq that was asked for; None where the server does not tell.
    """

    validity: int
    modseq: int
    mails: int
    vanished: list[tuple[int, int]] | None


class Client:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._commands = 0
        self._can: set[str] = set()
        self._resync = False

    async def folders(self) -> list[Folder]:
        """Return the folders that hold conversations, by name."""
        asked = b"(MESSAGES UIDNEXT UIDVALIDITY" + (b" HIGHESTMODSEQ)" if "CONDSTORE" in self._can else b")")
        at_once = "LIST-STATUS" in self._can
        special = b"SPECIAL-USE " if at_once and "SPECIAL-USE" in self._can else b""
        command = b'LIST "" "*" RETURN (' + special + b"STATUS " + asked + b")" if at_once else b'LIST "" "*"'
        names: dict[str, None] = {}
        counts: dict[str, dict[str, Value]] = {}
        for answer in await self._ask(command):
            if answer.word == "LIST" and len(answer.values) >= 3 and not _is_unread(answer.values[0]):
                names[_name(answer.values[2])] = None
            elif answer.word == "STATUS" and len(answer.values) >= 2:
                counts[_name(answer.values[0])] = pairs(answer.values[1])
        for raw in names if not at_once else ():
            try:
                for answer in await self._ask(b"STATUS " + quoted(raw) + b" " + asked):
                    if answer.word == "STATUS" and len(answer.values) >= 2:
                        counts[raw] = pairs(answer.values[1])
            except Fatal:
                continue  # listed, and not to be opened: reading it says why
        return [_folder(raw, counts.get(raw, {})) for raw in sorted(names)]

    async def open(self, raw: str, validity: int, modseq: int) -> Box:
        """Open a folder to read it; validity, modseq: where it stood, so that the server tells what has gone since."""
        resync = self._resync and modseq > 0
        since = f" (QRESYNC ({validity} {modseq}))" if resync else " (CONDSTORE)" if "CONDSTORE" in self._can else ""
        found = {"UIDVALIDITY": 0, "HIGHESTMODSEQ": 0}
        mails, vanished = 0, []
        for answer in await self._ask(b"EXAMINE " + quoted(raw) + since.encode()):
            name, _, value = answer.code.partition(" ")
            if name.upper() in found:
                found[name.upper()] = number(value.strip())
            elif answer.word == "EXISTS":
                mails = answer.number
            elif answer.word == "VANISHED" and answer.values and isinstance(answer.values[-1], str):
                vanished += ranges(answer.values[-1])
        if not found["UIDVALIDITY"]:
            raise Fatal(f"The server keeps no numbers for the mails of {folder_name(raw)}.")
        told = resync and found["UIDVALIDITY"] == validity
        return Box(found["UIDVALIDITY"], found["HIGHESTMODSEQ"], mails, sorted(vanished) if told else None)

    async def numbers(self, first: int, last: int | None) -> list[tuple[int, int]]:
        """Return the numbers (UIDs) of the mails from one to another, or to the end."""
        asked = f"UID {first}:{last or '*'}"
        command = f"UID SEARCH RETURN (ALL) {asked}" if "ESEARCH" in self._can else f"UID SEARCH {asked}"
        found: list[tuple[int, int]] = []
        for answer in await self._ask(command.encode()):
            if answer.word == "SEARCH":
                found += ranges_of(number(value) for value in answer.values)
            elif answer.word == "ESEARCH" and "ALL" in answer.values[:-1]:
                value = answer.values[answer.values.index("ALL") + 1]
                found += ranges(value) if isinstance(value, str) else []
        end = last or 1 << 32
        return [(max(first, low), min(end, high)) for low, high in found if high >= first and low <= end]

    async def holds(self, id_: str, *, within: bool) -> bool:
        """Whether the open folder has a mail of this Message-ID; within: or one that carries it, as digests do."""
        asked = b"TEXT " + quoted(f"Message-ID: <{id_}>") if within else b"HEADER MESSAGE-ID " + quoted(f"<{id_}>")
        found = []
        for answer in await self._ask(b"UID SEARCH " + asked):
            found += answer.values if answer.word == "SEARCH" else []
        return bool(found)

    async def fetch(self, numbers: Sequence[tuple[int, int]], items: str) -> list[dict[str, Value]]:
        """Return what is asked of these mails, in the order of their numbers; nothing of those that have gone."""
        chosen = ",".join(f"{low}:{high}" if low < high else str(low) for low, high in numbers)
        found: dict[int, dict[str, Value]] = {}
        for answer in await self._ask(f"UID FETCH {chosen} ({items})".encode()):
            told = pairs(answer.values[0]) if answer.word == "FETCH" and answer.values else {}
            if uid := number(told.get("UID")):
                found[uid] = found.get(uid, {}) | told
        return [found[uid] for uid in sorted(found) if any(low <= uid <= high for low, high in numbers)]

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of changes to the open folder by itself (RFC 2177)."""
        return "IDLE" in self._can

    async def idle(self, seconds: float) -> bool:
        """Wait so long for a change of the open folder; return whether there was one."""
        self._commands += 1
        tag, changed = f"k{self._commands}", False
        await self._stream.write(f"{tag} IDLE\r\n".encode())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not changed:
                    changed = _is_change(await self._answer(2 * seconds))
        await self._stream.write(b"DONE\r\n")
        while (answer := await self._answer()).tag != tag:
            changed = changed or _is_change(answer)
        if answer.word != "OK":
            raise _refusal(answer, b"IDLE", signs_in=False)
        return changed

    async def greet(self, config: ImapConfig) -> None:
        """Hear the greeting, encrypt where that is still to be done, sign in."""
        greeting = await self._answer()
        if greeting.word == "BYE":
            raise Retry(f"The server turns away: {greeting.text}"[:500])
        if config.security == "starttls":
            if greeting.word == "PREAUTH":
                raise Fatal("The server signs in before it encrypts: somebody in between may have done so.")
            await self._ask(b"STARTTLS")
            await self._stream.start_tls()
        await self._capabilities()
        if greeting.word != "PREAUTH":
            await self._sign_in(config)
            await self._capabilities()
        if "QRESYNC" in self._can and "ENABLE" in self._can:
            answers = await self._ask(b"ENABLE QRESYNC")
            self._resync = any(answer.word == "ENABLED" and "QRESYNC" in answer.values for answer in answers)

    async def _capabilities(self) -> None:
        for answer in await self._ask(b"CAPABILITY"):
            if answer.word == "CAPABILITY":
                self._can = {value.upper() for value in answer.values if isinstance(value, str)}

    async def _sign_in(self, config: ImapConfig) -> None:
        if config.token:
            if "AUTH=XOAUTH2" not in self._can:
                raise Fatal("The server takes no access token (XOAUTH2): give a password.")
            words = f"user={config.user}\1auth=Bearer {config.token.reveal()}\1\1"
            await self._prove(b"AUTHENTICATE XOAUTH2", words)
        elif config.password is None:
            raise Fatal("Give a password or an access token.")
        elif "AUTH=PLAIN" in self._can:
            await self._prove(b"AUTHENTICATE PLAIN", f"\0{config.user}\0{config.password.reveal()}")
        elif "LOGINDISABLED" in self._can:
            raise Fatal("The server takes no password over this connection: set `security` to tls or starttls.")
        else:
            await self._ask(b"LOGIN " + quoted(config.user) + b" " + quoted(config.password.reveal()), signs_in=True)

    async def _prove(self, command: bytes, words: str) -> None:
        """Sign in with words for the server alone, with the command or when it asks for them."""
        secret = base64.b64encode(words.encode())
        if "SASL-IR" in self._can:
            await self._ask(command + b" " + secret, b"", signs_in=True)
        else:
            await self._ask(command, secret, b"", signs_in=True)

    async def _ask(self, command: bytes, *more: bytes, signs_in: bool = False) -> list[Answer]:
        """Send a command and return its answers; more: lines to send when the server waits for them."""
        self._commands += 1
        tag = f"k{self._commands}"
        lines = list(more)
        answers: list[Answer] = []
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._stream.write(tag.encode() + b" " + command + b"\r\n")
                while (answer := await self._answer()).tag != tag:
                    if answer.tag == "+":
                        await self._stream.write((lines.pop(0) if lines else b"*") + b"\r\n")
                    elif answer.word == "BYE":
                        raise Retry(f"The server ends the connection: {answer.text}"[:500])
                    answers.append(answer)
        except TimeoutError as error:
            raise Retry(f"The server took longer than {ANSWER_SECONDS:g} seconds for an answer.") from error
        if answer.word == "OK":
            return [*answers, answer]
        raise _refusal(answer, command, signs_in)

    async def _answer(self, seconds: float | None = None) -> Answer:
        parts = [await self._stream.line(most=LINE_BYTES, seconds=seconds)]
        while (size := literal_size(parts[-1])) is not None:
            parts += [await self._stream.exactly(size), await self._stream.line(most=LINE_BYTES)]
        return answer_of(parts)


@asynccontextmanager
async def connected(config: ImapConfig, context: Context) -> AsyncIterator[Client]:
    """Lend a signed-in connection; a token of OAuth is renewed where it ends soon, or is refused."""
    async with AsyncExitStack() as stack:
        if config.token is None:
            yield await stack.enter_async_context(_signed_in(config, context))
            return
        await context.http.fresh(config.token)
        used = config.token.reveal()
        try:
            client = await stack.enter_async_context(_signed_in(config, context))
        except Reauthorize:
            if not await context.http.fresh(config.token, used):
                raise
            client = await stack.enter_async_context(_signed_in(config, context))
        yield client


@asynccontextmanager
async def _signed_in(config: ImapConfig, context: Context) -> AsyncIterator[Client]:
    host, port = host_and_port(config.server)
    async with context.stream(host, port, tls=config.security == "tls") as stream:
        client = Client(stream)
        await client.greet(config)
        yield client


def _refusal(answer: Answer, command: bytes, signs_in: bool) -> Exception:
    """Return what is to be done about a refusal. What signs in is never shown."""
    code = answer.code.upper().partition(" ")[0]
    name = command.partition(b" ")[0].decode()
    said = f"The server refuses {name}: {answer.text or answer.word}"[:500]
    if code in _LATER:
        return Retry(said)
    return Reauthorize(said) if signs_in and answer.word == "NO" else Fatal(said)


def _is_change(answer: Answer) -> bool:
    """Whether an answer tells of a change. Raises Retry where it ends the connection."""
    if answer.word == "BYE":
        raise Retry(f"The server ends the connection: {answer.text}"[:500])
    return answer.word in _CHANGES


def _is_unread(flags: Value) -> bool:
    return isinstance(flags, list) and any(isinstance(flag, str) and flag.lower() in _UNREAD for flag in flags)


def _name(value: Value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else "NIL"


def _folder(raw: str, counts: dict[str, Value]) -> Folder:
    named = ("UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ", "MESSAGES")
    mark = ".".join(str(number(counts.get(name))) for name in named) if counts else None
    return Folder(raw, folder_name(raw), number(counts.get("MESSAGES")), mark)
