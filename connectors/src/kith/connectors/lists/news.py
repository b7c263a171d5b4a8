"""A newsgroup on a news server (NNTP, RFC 3977), by the numbers of its articles."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from kith.connectors import Context, Fatal, Missing, Reauthorize, Refused, Retry, Stream, host_and_port
from kith.connectors.lists.archives import Articles, Place, Portion
from kith.connectors.lists.config import ListsConfig
from kith.connectors.mail.mailboxes import MAIL_BYTES, Item

BATCH = 200  # numbers of one portion
AT_ONCE = 20  # articles that are asked for before the first has come
ANSWER_SECONDS = 300.0  # for one portion, however slowly it drips
_ERRORS: dict[int, Callable[[str], Exception]] = {
    400: Retry, 403: Retry, 411: Missing, 480: Reauthorize, 481: Reauthorize, 482: Reauthorize, 483: Fatal,
    500: Fatal, 501: Fatal, 502: Refused, 503: Fatal,
}  # fmt: skip


class News:
    def __init__(self, config: ListsConfig, place: Place | None, context: Context) -> None:
        if config.news is None or config.group is None:
            raise Fatal("Name the newsgroup.")
        self._config, self._server, self._group = config, config.news, config.group
        self._context = context
        self._place = place if isinstance(place, Articles) else Articles()

    async def check(self) -> str:
        async with self._connected() as talk:
            _, first, last = await talk.group(self._group)
        return f"Articles {first:,} to {last:,}." if last >= first else "There are no articles yet."

    async def portions(self) -> AsyncIterator[Portion]:
        """Yield the new articles; all of them where the server has restarted its numbers."""
        async with self._connected() as talk:
            count, first, last = await talk.group(self._group)
            at = self._place.last if self._place.last <= last else 0
            at = max(at, first - 1)
            while count and at < last:
                until = min(at + BATCH, last)
                items = await talk.articles(self._group, await talk.numbers(at + 1, until))
                at = until
                yield Portion(self._group, iter(items), Articles(at))

    async def is_gone(self, id_: str) -> bool:
        async with self._connected() as talk:
            return await talk.lacks(id_)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["_Talk"]:
        host, port = host_and_port(self._server)
        async with self._context.stream(host, port, tls=self._config.encrypted) as stream:
            talk = _Talk(stream)
            await talk.greet(self._config)
            yield talk


class _Talk:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def greet(self, config: ListsConfig) -> None:
        await self._answer((200, 201))
        await self._ask("MODE READER", (200, 201, 500, 501))  # an old server begins as one for other servers
        if config.user:
            code, _ = await self._ask(f"AUTHINFO USER {_word(config.user)}", (281, 381))
            if code == 381:
                password = config.password.reveal() if config.password else ""
                await self._ask(f"AUTHINFO PASS {_word(password)}", (281,))

    async def group(self, name: str) -> tuple[int, int, int]:
        """Return how many articles a group has, and its first and last number."""
        _, said = await self._ask(f"GROUP {_word(name)}", (211,))
        try:
            count, first, last = map(int, said.split()[:3])
        except ValueError as error:
            raise Fatal(f"The server does not say how many articles there are: {said}"[:300]) from error
        return count, first, last

    async def numbers(self, first: int, last: int) -> list[int]:
        """Return the numbers of the articles that are there."""
        code, _ = await self._ask(f"OVER {first}-{last}", (224, 420, 423, 500, 502))
        if code in (500, 502):
            code, _ = await self._ask(f"XOVER {first}-{last}", (224, 420, 423))
        lines = (await self._lines())[0] if code == 224 else []
        found = (line.partition(b"\t")[0] for line in lines)
        return sorted({int(number) for number in found if number.isdigit() and first <= int(number) <= last})

    async def articles(self, group: str, numbers: Sequence[int]) -> list[Item]:
        """Return these articles, without those that have gone meanwhile."""
        found = []
        for start in range(0, len(numbers), AT_ONCE):
            asked = numbers[start : start + AT_ONCE]
            await self._stream.write(b"".join(b"ARTICLE %d\r\n" % number for number in asked))
            for number in asked:
                code, _ = await self._answer((220, 423, 430))
                if code == 220:
                    lines, is_cut = await self._lines()
                    data = b"".join(line + b"\n" for line in lines)
                    found.append(Item(f"article {number}", data, is_cut=is_cut))
        return found

    async def lacks(self, id_: str) -> bool:
        code, _ = await self._ask(f"STAT <{_word(id_)}>", (223, 430))
        return code == 430

    async def _ask(self, command: str, expected: Sequence[int]) -> tuple[int, str]:
        await self._stream.write(command.encode() + b"\r\n")
        return await self._answer(expected)

    async def _answer(self, expected: Sequence[int]) -> tuple[int, str]:
        line = (await self._stream.line()).decode("utf-8", "replace")
        code = int(line[:3]) if line[:3].isascii() and line[:3].isdigit() else 0
        if code in expected:
            return code, line[4:]
        raise _ERRORS.get(code, Fatal)(f"The news server answers: {line}"[:300] or "nothing")

    async def _lines(self) -> tuple[list[bytes], bool]:
        """Return the lines up to the dot that ends them, and whether there are more than is kept of a mail."""
        lines: list[bytes] = []
        size, is_cut = 0, False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while (line := await self._stream.line()) != b".":
                    line = line[1:] if line.startswith(b"..") else line
                    size += len(line) + 1
                    is_cut = size > MAIL_BYTES
                    if not is_cut:
                        lines.append(line)
        except TimeoutError as error:
            raise Retry(f"The news server took longer than {ANSWER_SECONDS:g} seconds.") from error
        return lines, is_cut


def _word(text: str) -> str:
    """Return what is one word of a command; raises Fatal where it is not."""
    if not text or any(ord(sign) <= 32 or ord(sign) == 127 for sign in text):
        raise Fatal("A name, password or Message-ID with blanks cannot be sent to a news server.")
    return text
