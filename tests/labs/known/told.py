"""What kith says of the known community, to be held against the truth."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol

from tests.labs.known.truth import Deed, Truth, mark_of


class Rows(Protocol):
    async def rows(self, query: str) -> list[Any]: ...


async def differences(kith: Rows, truth: Truth) -> dict[str, Any]:
    """Return, by what it is about, what kith says otherwise than the truth; nothing where both say the same."""
    people = await _people(kith)
    found = {
        "people": _people_otherwise(people, truth),
        "deeds": _otherwise(await _deeds(kith, truth), truth.counted()),
        "threads": await _threads(kith, truth),
        "edited": await _edited(kith, truth),
        "gone": await _left(kith, truth),
        "pairs": _otherwise(await _pairs(kith, people, truth), truth.pairs()),
    }
    return {name: what for name, what in found.items() if what}


async def _people(kith: Rows) -> dict[str, set[str]]:
    """Return the accounts of each person; what is nobody's has a person of its own kind, and is left out."""
    rows = await kith.rows(
        """
        SELECT p.person_id, i.network, i.host, i.key FROM person_identities p
        JOIN identities i ON i.workspace_id = $1 AND i.id = p.identity_id
        JOIN people q ON q.workspace_id = $1 AND q.id = p.person_id
        WHERE p.workspace_id = $1 AND q.kind NOT IN ('group', 'bot', 'organization')
        """
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(str(row["person_id"]), set()).add("\t".join((row["network"], row["host"], row["key"])))
    return found


def _people_otherwise(people: dict[str, set[str]], truth: Truth) -> list[str]:
    """Return a line for each person who is not just one human, and for each human who is not just one person."""
    found, persons = [], Counter[int]()
    for accounts in people.values():
        humans = {truth.accounts.get(account, -1) for account in accounts}
        persons.update(humans)
        if len(humans) > 1 or -1 in humans:
            found.append(f"one person: {sorted((truth.accounts.get(one, -1), one) for one in accounts)}")
    for human, count in persons.items():
        if count > 1 and human >= 0:
            parts = [sorted(each) for each in people.values() if human in {truth.accounts.get(one) for one in each}]
            found.append(f"{human} is {count} people: {parts}")
    return found


async def _deeds(kith: Rows, truth: Truth) -> Counter[Deed]:
    rows = await kith.rows(
        """
        SELECT i.network, i.kind, i.title, i.text, a.network || E'\\t' || a.host || E'\\t' || a.key AS actor,
            ARRAY(SELECT t.network || E'\\t' || t.host || E'\\t' || t.key FROM identities t
                  WHERE t.workspace_id = $1 AND t.id = ANY (i.target_ids)) AS targets
        FROM interactions i JOIN identities a ON a.workspace_id = $1 AND a.id = i.actor_id
        WHERE i.workspace_id = $1
        """
    )
    found: Counter[Deed] = Counter()
    for row in rows:
        who = truth.accounts.get(row["actor"], -1)
        towards = frozenset(human for one in row["targets"] if (human := truth.accounts.get(one)) is not None)
        found[
            Deed(row["network"], row["kind"], who, towards - {who}, mark_of(row["text"]) or mark_of(row["title"]))
        ] += 1
    return Counter({deed: count for deed, count in found.items() if deed.who >= 0})


async def _threads(kith: Rows, truth: Truth) -> list[str]:
    rows = await kith.rows("SELECT text, title, conversation_id FROM interactions WHERE workspace_id = $1")
    told: dict[Any, set[int]] = {}
    for row in rows:
        mark = mark_of(row["text"]) or mark_of(row["title"])
        if mark in truth.threads and row["conversation_id"] is not None:
            told.setdefault(row["conversation_id"], set()).add(mark)
    grouped: dict[int, set[int]] = {}
    for mark, root in truth.threads.items():
        grouped.setdefault(root, set()).add(mark)
    one, other = ({frozenset(each) for each in groups if len(each) > 1} for groups in (told.values(), grouped.values()))
    return [f"told: {sorted(each)}" for each in one - other] + [f"true: {sorted(each)}" for each in other - one]


async def _edited(kith: Rows, truth: Truth) -> list[int]:
    rows = await kith.rows("SELECT text FROM interactions WHERE workspace_id = $1")
    texts = {mark_of(row["text"]): row["text"] or "" for row in rows}
    return [mark for mark, word in truth.edited.items() if word not in texts.get(mark, "")]


async def _left(kith: Rows, truth: Truth) -> list[int]:
    rows = await kith.rows("SELECT text, title FROM interactions WHERE workspace_id = $1")
    there = {mark_of(row["text"]) or mark_of(row["title"]) for row in rows}
    return sorted(truth.gone & there)


async def _pairs(kith: Rows, people: dict[str, set[str]], truth: Truth) -> Counter[tuple[int, int]]:
    rows = await kith.rows(
        """
        SELECT a.person_id AS one, b.person_id AS other, sum(c.count)::int AS count FROM contact_days c
        JOIN person_identities a ON a.workspace_id = $1 AND a.identity_id = c.actor_id
        JOIN person_identities b ON b.workspace_id = $1 AND b.identity_id = c.target_id
        WHERE c.workspace_id = $1 AND a.person_id <> b.person_id GROUP BY 1, 2
        """
    )
    human = {person: _most(truth.accounts.get(one, -1) for one in accounts) for person, accounts in people.items()}
    found: Counter[tuple[int, int]] = Counter()
    for row in rows:
        found[human.get(str(row["one"]), -1), human.get(str(row["other"]), -1)] += row["count"]
    return found


def _most(humans: Iterable[int]) -> int:
    return Counter(humans).most_common(1)[0][0]


def _otherwise(told: Counter[Any], true: Counter[Any]) -> dict[str, list[Any]]:
    found = {"too much": sorted((told - true).items(), key=str), "lacking": sorted((true - told).items(), key=str)}
    return found if any(found.values()) else {}
