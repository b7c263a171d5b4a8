"""Robots and lists are no people, whichever record comes first, and a human's correction stays."""

import asyncio
import random
import subprocess
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.api.interactions.schemas import shape_all
from kith.connectors import Channel, Connector, Record, Ref
from kith.connectors.git import GitConfig, GitConnector
from kith.connectors.mail import MailConfig, MailConnector
from kith.domain import kinds
from kith.domain.ids import encode
from kith.domain.scopes import Sight
from kith.projections import project, rebuild
from kith.store import corrections, interactions
from kith.store.db import Pool
from kith.store.rebuild import Difference
from tests.integration.resolution.crowd import NOON, Crowd, act, mail
from tests.paths import shared
from tests.unit.connectors.contexts import ALONE

_KEYS = ("ada@birk.example", "bo@birk.example", "x@ci.birk.example", "io@birk.example")
ADA, BO, ROBOT, LIST = (Ref("mail", key) for key in _KEYS)


async def standing(crowd: Crowd) -> dict[str, str]:
    rows = await crowd.fetch(
        """
        SELECT i.key, coalesce(k.kind, i.kind) AS kind FROM identities i
        LEFT JOIN identity_kinds k ON k.workspace_id = i.workspace_id AND k.identity_id = i.id WHERE i.workspace_id = $1
        """
    )
    return {row["key"]: row["kind"] for row in rows}


async def ties(crowd: Crowd) -> set[frozenset[str]]:
    rows = await crowd.fetch(
        """
        SELECT one.name AS one, other.name AS other FROM relationships r
        JOIN people one ON one.workspace_id = $1 AND one.id = r.person_id
        JOIN people other ON other.workspace_id = $1 AND other.id = r.other_id WHERE r.workspace_id = $1
        """
    )
    return {frozenset((row["one"], row["other"])) for row in rows}


async def correct(crowd: Crowd, ref: Ref, kind: str | None) -> None:
    async with crowd.transaction() as db:
        await corrections.correct(db, crowd.workspace_id, [crowd.id(ref.key)], {"kind": kind}, "member:ada")
        assert await project.settle(db, crowd.workspace_id, NOON, [crowd.id(ref.key)])


async def rebuilt(crowd: Crowd) -> dict[str, Difference]:
    async with crowd.transaction() as db:
        found = await rebuild.rebuild(db, crowd.transaction, crowd.workspace_id, NOON)
    return {table: difference for table, difference in found.items() if any(difference)}


def village() -> list[Record]:
    """Ada, Bo, a robot, and a list that the archive of another source names."""
    return [
        mail(ADA.key, "Ada Birk"),
        mail(BO.key, "Bo Lund"),
        mail(ROBOT.key, "Acorn Robot"),
        mail(LIST.key, "Io"),
        act(1, ADA, [BO, LIST]),
        act(2, BO, [ADA]),
        act(3, ROBOT, [ADA, BO]),
        Channel(Ref("mail", LIST.key), "list", LIST.key),
    ]


async def test_a_list_is_one_whichever_record_comes_first(pool: Pool) -> None:
    for seed in range(4):
        crowd = await Crowd.gather(pool)
        told = village()
        random.Random(seed).shuffle(told)
        for record in told:
            await crowd.tell([record])
        assert await standing(crowd) == {ADA.key: "person", BO.key: "person", ROBOT.key: "bot", LIST.key: "group"}
        assert await ties(crowd) == {frozenset(("Ada Birk", "Bo Lund"))}
        assert await rebuilt(crowd) == {}


async def test_a_correction_stays_through_syncs_and_rebuilds_and_can_be_taken_back(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell(village())
    await correct(crowd, ROBOT, "person")
    await correct(crowd, BO, "bot")
    await crowd.tell(
        [mail(ROBOT.key, "Acorn Test Robot", days=0), mail(BO.key, "Bo A. Lund", days=0), act(4, BO, [ADA])]
    )
    found = {ADA.key: "person", BO.key: "bot", ROBOT.key: "person", LIST.key: "group"}
    assert await standing(crowd) == found
    assert await ties(crowd) == {frozenset(("Ada Birk", "Acorn Test Robot"))}
    assert await rebuilt(crowd) == {}
    assert await standing(crowd) == found
    await correct(crowd, BO, None)
    await correct(crowd, ROBOT, None)
    assert await ties(crowd) == {frozenset(("Ada Birk", "Bo A. Lund"))}
    assert await rebuilt(crowd) == {}


async def test_whom_a_rule_had_joined_leaves_when_it_is_corrected_to_be_a_robot(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell([mail("a", "Ada Birk", address=ADA.key), mail("b", "Ada Birk", address=ADA.key)])
    await crowd.tell([mail(BO.key, "Bo Lund"), act(1, Ref("mail", "b"), [BO])])
    assert len(await crowd.persons()) == 2
    await correct(crowd, Ref("mail", "b"), "bot")
    assert len(await crowd.persons()) == 3
    assert await ties(crowd) == set()
    await correct(crowd, Ref("mail", "b"), None)
    assert len(await crowd.persons()) == 2
    assert await ties(crowd) == {frozenset(("Ada Birk", "Bo Lund"))}


async def test_what_programs_set_for_nobody_has_no_relationship_and_is_joined_with_nobody(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    root, other, unsaid = (Ref("mail", key) for key in ("root@localhost", "root <root@localhost>", "(no author)"))
    await crowd.tell(
        [
            mail(ADA.key, "Ada Birk"),
            mail(root.key, "root"),
            mail(other.key, "root", address=root.key),
            mail(unsaid.key, "(no author)"),
            *(act(number, ref, [ADA]) for number, ref in enumerate((root, other, unsaid))),
            *(act(number + 9, ADA, [ref]) for number, ref in enumerate((root, other, unsaid))),
        ]
    )
    assert await standing(crowd) == {ADA.key: "person", root.key: "group", other.key: "group", unsaid.key: "group"}
    assert await ties(crowd) == set()
    assert len(await crowd.persons()) == 4
    await correct(crowd, root, "person")
    assert await ties(crowd) == {frozenset(("Ada Birk", "root"))}


async def test_everybody_is_judged_again_when_the_words_change(pool: Pool) -> None:
    crowd = await Crowd.gather(pool)
    await crowd.tell(village())
    before = await crowd.projections()
    await crowd.fetch("DELETE FROM identity_kinds WHERE workspace_id = $1")
    await crowd.fetch("UPDATE populations SET kinds = 'older' WHERE workspace_id = $1")
    await crowd.tell([mail("cy@birk.example", "Cy Moss")])
    assert (await standing(crowd))[ROBOT.key] == "bot"
    assert await ties(crowd) == {frozenset(("Ada Birk", "Bo Lund"))}
    assert (await crowd.projections())["relationships"] == before["relationships"]


async def test_who_never_acts_and_whom_many_address_is_suspected_until_it_acts_or_a_human_decides(
    pool: Pool,
) -> None:
    crowd = await Crowd.gather(pool)
    silent, others = Ref("mail", "io-mm@kvack.example"), [Ref("mail", f"p{n}@x.example") for n in range(kinds.MANY)]
    await crowd.tell([mail(ref.key, f"{'abcdefghij'[n]}orin Wray{'abcdefghij'[n]}") for n, ref in enumerate(others)])
    await crowd.tell([mail(silent.key), *(act(n, ref, [silent]) for n, ref in enumerate(others[1:]))])
    assert len(await ties(crowd)) == kinds.MANY - 1

    async def suspected() -> list[Any]:
        rows = await crowd.fetch("SELECT id FROM people WHERE workspace_id = $1 AND suspected")
        return [row["id"] for row in rows]

    await crowd.tell([act(99, others[0], [silent])])
    assert await suspected() == [crowd.id(silent.key)]
    assert await ties(crowd) == set()
    assert await rebuilt(crowd) == {}
    await correct(crowd, silent, "person")
    assert await suspected() == []
    assert len(await ties(crowd)) == kinds.MANY
    await correct(crowd, silent, None)
    assert await suspected() == [crowd.id(silent.key)]
    await crowd.tell([act(100, silent, [others[0]])])
    assert await suspected() == []
    assert len(await ties(crowd)) == kinds.MANY
    assert await rebuilt(crowd) == {}
    public = encode("identity", crowd.id(silent.key))
    assert [row for row in await told(crowd) if row[1] == public] == [
        ("identity.suspected", public, "person", "addressed"),
        ("identity.cleared", public, "person", "correction"),
        ("identity.suspected", public, "person", "addressed"),
        ("identity.cleared", public, "person", ""),
    ]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
async def test_events_tell_of_every_suspicion_whatever_the_order(pool: Pool, seed: int) -> None:
    """Those told as suspected and not cleared since are those who are suspected."""
    crowd, chance = await Crowd.gather(pool), random.Random(seed)
    people = [Ref("mail", f"p{n}@x.example") for n in range(kinds.MANY + 2)]
    silent = [Ref("mail", f"io-{n}@kvack.example") for n in range(4)]
    records: list[Record] = [
        act(1000 * place + n, who, [target])
        for place, target in enumerate(silent) for n, who in enumerate(people[: kinds.MANY - 1 + place])
    ]  # fmt: skip
    records += [mail(ref.key) for ref in silent] + [act(9000 + n, silent[n], [people[0]]) for n in (1, 3)]
    chance.shuffle(records)
    for start in range(0, len(records), 40):
        await crowd.tell(records[start : start + 40])
        if chance.random() < 0.3:
            await correct(crowd, chance.choice(silent), chance.choice(["person", "group", None]))
    open_ = set[str]()
    for kind, identity, *_ in await told(crowd):
        assert (kind == "identity.cleared") is (identity in open_)
        open_ ^= {identity}
    rows = await crowd.fetch("SELECT identity_id FROM identity_kinds WHERE workspace_id = $1 AND suspected")
    assert open_ == {encode("identity", row["identity_id"]) for row in rows}


async def told(crowd: Crowd) -> list[tuple[str, str, str, str]]:
    """Return the events of suspicions, the oldest first."""
    rows = await crowd.fetch(
        "SELECT type, data FROM events WHERE workspace_id = $1 AND type LIKE 'identity.%' ORDER BY id"
    )
    return [(row["type"], row["data"]["identity_id"], row["data"]["kind"], row["data"]["reason"]) for row in rows]


async def read(pool: Pool, connector: Connector, config: msgspec.Struct) -> Crowd:
    crowd = await Crowd.gather(pool)
    async for page in connector.pull(config, None, ALONE):
        await crowd.tell(page.records)
    return crowd


async def made(pool: Pool, case: str, folder: Path) -> Crowd:
    """The repository of a case, read."""
    script = shared(f"cases/git/{case}/make.sh")
    command = ["sh", str(script), str(folder / "repo")]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    return await read(pool, GitConnector(), GitConfig(str(folder / "repo"), channel="repo"))


async def people(crowd: Crowd) -> dict[str, str]:
    rows = await crowd.fetch("SELECT name, kind FROM people WHERE workspace_id = $1")
    return {row["name"]: row["kind"] for row in rows}


async def test_robots(pool: Pool, tmp_path: Path) -> None:
    found = await people(await made(pool, "robots", tmp_path))
    robots = {
        "Gerrit Code Review",
        "Acorn Robot",
        "Proposal Bot",
        "Jenkins",
        "travis-ci",
        "Hosted Weblate",
        "renovate[bot]",
    }
    assert found == dict.fromkeys(robots, "bot") | dict.fromkeys(
        ("Abbot Marin", "Clara Bott", "Jen Kinsey", "Travis Cole"), "person"
    )


async def test_ai_agents(pool: Pool, tmp_path: Path) -> None:
    crowd = await made(pool, "ai-agents", tmp_path)
    robots = dict.fromkeys(("Claude Opus 4.5", "Copilot", "Cursor Agent"), "bot")
    assert await people(crowd) == robots | {"Ada Birk": "person", "Claude Marot": "person"}
    assert await ties(crowd) == {frozenset(("Ada Birk", "Claude Marot"))}


async def test_lists_as_cc(pool: Pool, tmp_path: Path) -> None:
    crowd = await made(pool, "lists-as-cc", tmp_path)
    human = await crowd.fetch("SELECT id FROM people WHERE workspace_id = $1 AND kind IN ('person', 'unknown')")
    assert len(human) == 2
    rows = await crowd.fetch("SELECT DISTINCT person_id FROM relationships WHERE workspace_id = $1")
    assert {row["person_id"] for row in rows} == {row["id"] for row in human}
    acts = await crowd.fetch("SELECT id FROM interactions WHERE workspace_id = $1 AND kind = 'copy'")
    async with crowd.transaction() as db:
        rows = await interactions.get_many(db, crowd.workspace_id, [act["id"] for act in acts])
        shown = await shape_all(db, crowd.workspace_id, rows, Sight(True, True, True, None))
    assert len(shown) == 12
    assert {tuple(target.identity.name for target in act.targets) for act in shown.values()} == {(None,)}
    assert not any("devel" in act.sentence or "stable" in act.sentence for act in shown.values())


async def test_several_in_one_cc_are_each_told_and_the_list_among_them_is_no_person(pool: Pool, tmp_path: Path) -> None:
    crowd = await made(pool, "cc-several", tmp_path)
    humans = ("Ada Birk <ada@birk.example>", "Bea Lund <bea@lund.example>", "<cai@moss.example>")
    assert await standing(crowd) == dict.fromkeys(humans, "person") | {"<devs@lists.birk.example>": "group"}
    rows = await crowd.fetch("SELECT name FROM identities WHERE workspace_id = $1 AND name IS NOT NULL ORDER BY name")
    assert [row["name"] for row in rows] == ["Ada Birk", "Bea Lund"]
    acts = await crowd.fetch("SELECT kind, target_ids FROM interactions WHERE workspace_id = $1 ORDER BY kind")
    ada, bea, cai = (crowd.id(key, "git") for key in humans)
    assert [(row["kind"], set(row["target_ids"])) for row in acts] == [("contribute", set()), ("copy", {bea, cai})]
    tied = await crowd.fetch("SELECT person_id, other_id FROM relationships WHERE workspace_id = $1")
    assert {frozenset(row) for row in tied} == {frozenset((ada, bea)), frozenset((ada, cai))}


async def test_robot_senders(pool: Pool) -> None:
    crowd = await read(pool, MailConnector(), MailConfig(str(shared("cases/mail/robot-senders/a.mbox"))))
    found = await standing(crowd)
    assert found.pop("jen@kinsbot.example") == "person"
    robots = (
        "build@ci.birk.example",
        "jenkins@ci.birk.example",
        "bugzilla-daemon@bugs.birk.example",
        "atr@moss.example",
    )
    assert {key: found[key] for key in robots} == dict.fromkeys(robots, "bot")


async def test_role_addresses(pool: Pool) -> None:
    crowd = await read(pool, MailConnector(), MailConfig(str(shared("cases/mail/role-addresses"))))
    found = await standing(crowd)
    assert {key for key, kind in found.items() if kind == "person"} == {"ada@birk.example", "bea@lund.example"}
    assert await ties(crowd) == {frozenset(("Ada Birk", "Bea Lund"))}


async def test_near_first_names_and_a_handle_of_another_are_not_joined(pool: Pool, tmp_path: Path) -> None:
    for case, apart in (("near-first-names", {"Corin Wray", "Corrin Wray"}), ("camelcase-handle", {"Ivan Petran"})):
        (tmp_path / case).mkdir()
        crowd = await made(pool, case, tmp_path / case)
        rows = await crowd.fetch(
            """
            SELECT array_agg(i.name) AS names
            FROM person_identities p JOIN identities i ON i.workspace_id = $1 AND i.id = p.identity_id
            WHERE p.workspace_id = $1 GROUP BY p.person_id
            """
        )
        for names in (set(row["names"]) for row in rows):
            assert len(names & apart) == 0 or len(names) == 1
