"""What earlier mails tell about a later one: whom it answers, and which conversation it belongs to."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kith.connectors.mail.headers import Mailbox
from kith.connectors.mail.mails import Mail

REMEMBERED = 30_000  # mails, about 15 MB; an answer to an older one names it, but not its author
WINDOW = timedelta(days=30)
SAME = timedelta(hours=1)  # that copies of one mail may differ where its date is not its own


class Position(NamedTuple):
    """root: the mail that began the conversation. opens: nothing of it was seen before, or this is its first mail.

    answers: the mail that this one answers, None where it names none. author: who wrote that, None where that is
    unknown; kith finds out when it reads the mail. answers_reply: whether that is one.
    """

    root: str
    opens: bool
    answers: str | None
    author: Mailbox | None
    answers_reply: bool


class _Known(NamedTuple):
    author: Mailbox | None
    sent: datetime | None
    root: str
    is_reply: bool


class Threads:
    """The mails so far, in the archive's order."""

    def __init__(self) -> None:
        self._mails: dict[str, _Known] = {}
        self._topics: dict[tuple[str | None, str], tuple[str, datetime]] = {}
        self._roots: dict[str, None] = {}

    def is_other(self, mail: Mail) -> bool:
        """Whether an earlier mail has the same Message-ID and is another one: of another hour, or by somebody else."""
        known = self._mails.get(mail.key)
        if known is None:
            return False
        if known.sent and mail.sent and abs(mail.sent - known.sent) > SAME:
            return True
        authors = {author.address for author in (known.author, mail.sender) if author}
        return len(authors) > 1 and not any(" via " in address for address in authors)

    def place(self, mail: Mail) -> Position:
        """Return where a mail belongs, and remember it.

        Any mail that it names and that is known decides, the nearest first; else References name the root. One that is
        a reply by its subject only joins the newest conversation of the same subject on the same list, if that was
        alive within 30 days.
        """
        answers = next((id_ for id_ in mail.answers if id_ in self._mails), next(iter(mail.answers), None))
        parent = self._mails.get(answers) if answers else None
        topic = (mail.list_address, mail.topic.lower())
        root = mail.key
        if answers:
            near = (known for id_ in (answers, *reversed(mail.references)) if (known := self._mails.get(id_)))
            root = next((known.root for known in near), mail.references[0])
        elif mail.is_reply and mail.sent and (alive := self._topics.get(topic)) and abs(mail.sent - alive[1]) <= WINDOW:
            root = alive[0]
        opens = root == mail.key or root not in self._roots
        self._remember(mail, topic, root)
        if parent:
            return Position(root, opens, answers, parent.author, parent.is_reply)
        return Position(root, opens, answers, None, answers != mail.references[0] if answers else False)

    def _remember(self, mail: Mail, topic: tuple[str | None, str], root: str) -> None:
        self._mails[mail.key] = _Known(mail.sender, mail.sent, root, mail.is_reply)
        self._roots[root] = None
        if mail.sent and topic[1]:
            self._topics.pop(topic, None)
            self._topics[topic] = (root, mail.sent)
        _forget(self._mails)
        _forget(self._topics)
        _forget(self._roots)


def _forget(remembered: dict[Any, Any]) -> None:
    if len(remembered) > REMEMBERED:
        del remembered[next(iter(remembered))]
