"""Detection on a real database: planted communities are found, keep their ids, and say what their roles rest on."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations, count
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from kith.connectors import Coverage, Interaction, Record
from kith.domain import ids
from kith.domain.detection.facts import Found
from kith.domain.detection.speak import name_communities
from kith.domain.maps.packed import unpack
from kith.domain.roles.acts import HELP
from kith.domain.topics.topics import NO_TOPIC
from kith.projections import detection
from kith.store import communities, groups, topics
from kith.store.communities import CommunityFilter
from kith.store.db import Pool, workspace
from kith.store.errors import NoSuch
from tests.conftest import new_workspace
from tests.integration.detections import detect_in
from tests.integration.store.facts import DAY, NOW, Store, act, channel, identity, room, who

SIZE = 12
TALK = {
    "bread": "Which flour makes this sourdough loaf rise",
    "boats": "Which sail keeps this sloop off the harbour",
    "birds": "Which thrush sings before dawn",
    "books": "Which novel ends without its narrator",
}
_keys: Iterator[int] = count()


def circle(name: str, size: int = SIZE, days: float = 0.0, room: str | None = None) -> list[Record]:
    """People ``name0``, ``name1`` ... who all answer each other; the first of them answers most."""
    told: list[Record] = [identity(f"{name}{i}", name=f"{name.title()} {i}") for i in range(size)]
    room = room or name
    for one, other in combinations(range(size), 2):
        told.append(say(f"{name}{one}", f"{name}{other}", room, days + (one + other) % 20))
        if one == 0:
            told.append(say(f"{name}0", f"{name}{other}", room, days + other % 7, kind="answer"))
    return told


def say(actor: str, target: str, room: str, days: float, kind: str = "message") -> Interaction:
    key = f"m{next(_keys)}"
    said = act(key, actor, [target], channel=room, days=days, title=TALK.get(room, f"About {room}"))
    if kind == "message":
        return said
    return Interaction(type(said.ref)("mail", f"<{key}@example.org>", kind), *said_rest(said))  # type: ignore[arg-type]  # kinds are ours


def said_rest(said: Interaction) -> tuple[Any, ...]:
    return said.actor, said.occurred_at, said.targets, said.channel


async def tell(store: Store, *records: Record) -> None:
    await store.store(*records)
    await store.project()


def read_until(days: float) -> Coverage:
    return Coverage("read", DAY - timedelta(days=1000), DAY + timedelta(days=days))


async def detected(store: Store, days: float = 0.0, *, whole: bool = False) -> Found:
    async with workspace(store.pool, store.workspace_id) as db:
        return await detect_in(db, store.workspace_id, NOW + timedelta(days=days), whole=whole)


async def settled(store: Store) -> None:
    """Let kith have learnt of each act when it happened."""
    async with workspace(store.pool, store.workspace_id) as db:
        await db.execute("UPDATE interactions SET learnt_at = occurred_at WHERE workspace_id = $1", store.workspace_id)


async def looked_at(store: Store) -> dict[str, tuple[int, set[UUID], Any]]:
    """Of each community of the lowest level, by a name in it: its size, who holds roles, and when it was looked at."""
    names = {next(iter(people_of(store, name, [1]))): name for name in TALK}
    found = {}
    for id_, people in (await living(store)).items():
        async with workspace(store.pool, store.workspace_id) as db:
            row = await communities.get_community(db, store.workspace_id, id_)
            held = await communities.list_roles(db, store.workspace_id, id_, None, None, 50)
        assert row
        (name,) = (names[person] for person in people & names.keys())
        found[name] = row.size, {person for _, person, _ in held}, row.computed_at
    return found


async def found_in(store: Store) -> list[Any]:
    """All that the last detection said, without when it was made."""
    async with workspace(store.pool, store.workspace_id) as db:
        rows = await communities.list_communities(db, store.workspace_id, CommunityFilter(), None, 100)
        return [
            (row.id, row.name, row.as_of, row.health, [
                (place, person, msgspec.structs.replace(role, computed_at=NOW))
                for place, person, roles in await communities.list_roles(db, store.workspace_id, row.id, None, None, 50)
                for role in roles
            ])
            for row in rows
        ]  # fmt: skip


async def living(store: Store) -> dict[UUID, set[UUID]]:
    """The people at home in each community of the lowest level."""
    async with workspace(store.pool, store.workspace_id) as db:
        found = await communities.list_communities(db, store.workspace_id, CommunityFilter(level=0), None, 100)
        return {
            each.id: {
                row.person_id
                for row in await communities.list_people(db, store.workspace_id, each.id, None, 1000)
                if row.home
            }
            for each in found
            if each.kind == "detected"
        }


async def events(store: Store) -> list[tuple[str, set[UUID], set[UUID]]]:
    """What became of communities, oldest first."""
    async with workspace(store.pool, store.workspace_id) as db:
        found = await communities.list_events(db, store.workspace_id, None, None, 100)
    return [(each.change, set(each.before_ids), set(each.after_ids)) for each in reversed(found)]


def people_of(store: Store, name: str, numbers: Sequence[int] = range(SIZE)) -> set[UUID]:
    return {ids.fact_id(store.id_key, "identity", ref_parts(f"{name}{i}")) for i in numbers}


def ref_parts(name: str) -> tuple[str, str, str]:
    ref = who(name)
    return ref.network, ref.host, ref.key


async def test_planted_communities_are_found_and_keep_their_ids_through_small_changes(store: Store) -> None:
    await tell(store, read_until(40), *circle("bread"), *circle("boats"), say("bread1", "boats1", "bread", 3))
    await detected(store)
    before = await living(store)
    bread, boats = people_of(store, "bread"), people_of(store, "boats")
    assert sorted(map(sorted, before.values())) == sorted(map(sorted, (bread, boats)))
    newcomers = [say("bread12", f"bread{i}", "bread", 29) for i in range(5)]
    await tell(store, *newcomers, say("boats3", "boats4", "boats", 29))
    found = await detected(store, 0.1)
    after = await living(store)
    assert after.keys() == before.keys()
    assert people_of(store, "bread", [12]) <= next(people for people in after.values() if bread <= people)
    assert found.events == ()
    births = await events(store)
    assert [change for change, _, _ in births] == ["birth"] * 3
    born = set().union(*(after for _, _, after in births))
    assert len(born - before.keys()) == 1  # the community of a level above, which holds both
    await detected(store, 2, whole=True)
    assert (await living(store)).keys() == before.keys()


async def test_a_community_is_looked_at_anew_when_a_tenth_of_its_ties_had_contact(store: Store) -> None:
    await tell(store, read_until(40), *(told for name in TALK for told in circle(name)))
    await settled(store)
    await detected(store)
    await tell(store, *(say(f"bread{i}", f"bread{i + 1}", "bread", 30.05) for i in range(8)))
    await settled(store)
    found = await detected(store, 0.1)
    assert sum(each.portrait is not None for each in found.communities) == 1
    looks = await looked_at(store)
    assert {name for name, (_, _, at) in looks.items() if at > NOW} == {"bread"}
    assert all(size == SIZE and held for size, held, _ in looks.values())
    assert all(each.portrait for each in (await detected(store, 0.2, whole=True)).communities)


async def test_who_moves_takes_no_role_along_though_both_communities_are_left_as_they_were(store: Store) -> None:
    await tell(store, read_until(40), *(told for name in TALK for told in circle(name)))
    await settled(store)
    await detected(store)
    before, (chief,) = await looked_at(store), people_of(store, "bread", [0])
    assert chief in before["bread"][1]
    async with workspace(store.pool, store.workspace_id) as db:
        await db.execute("DELETE FROM contact_days WHERE workspace_id = $1 AND $2 IN (actor_id, target_id)",
                         store.workspace_id, chief)  # fmt: skip
    await tell(store, *(say("bread0", f"boats{i}", "boats", 30.05) for i in range(6)))
    await settled(store)
    await detected(store, 0.1)
    after = await looked_at(store)
    assert [after[name][0] for name in TALK] == [SIZE - 1, SIZE + 1, SIZE, SIZE]
    assert after["bread"][1] == before["bread"][1] - {chief}
    assert after["boats"][1] == before["boats"][1]
    assert {at for _, _, at in after.values()} == {NOW}


async def test_two_communities_that_become_one_are_a_merge_and_one_that_falls_apart_a_split(store: Store) -> None:
    await tell(store, *circle("bread"), *circle("boats"), *circle("birds"))
    await detected(store)
    before = await living(store)
    assert len(before) == 3
    mixed = [say(f"bread{i}", f"boats{j}", "fair", 25 + i % 5) for i in range(SIZE) for j in range(SIZE) for _ in "123"]
    await tell(store, *mixed)
    await detected(store, 1, whole=True)
    after = await living(store)
    assert len(after) == 2
    merged = next(id_ for id_, people in after.items() if people_of(store, "bread") <= people)
    assert merged in before
    changes = {change: (gone, came) for change, gone, came in (await events(store))[3:]}
    assert changes.keys() == {"merge"}
    assert changes["merge"][1] == {merged}
    async with workspace(store.pool, store.workspace_id) as db:
        (gone,) = changes["merge"][0] - {merged}
        ended = await communities.get_community(db, store.workspace_id, gone)
        assert ended
        assert ended.ended_at == NOW + timedelta(days=1)
        await db.execute("DELETE FROM contact_days WHERE workspace_id = $1 AND channel_id = $2", store.workspace_id,
                         await db.fetchval("SELECT id FROM channels WHERE workspace_id = $1 AND key LIKE 'fair%'",
                                           store.workspace_id))  # fmt: skip
    await detected(store, 2, whole=True)
    assert len(await living(store)) == 3
    assert (await events(store))[-1][0] == "split"


async def test_who_matters_answers_most_and_the_evidence_is_real(store: Store) -> None:
    await tell(store, *circle("bread"), *circle("boats"))
    await detected(store)
    (chief,) = people_of(store, "bread", [0])
    async with workspace(store.pool, store.workspace_id) as db:
        home = next(id_ for id_, people in (await living(store)).items() if chief in people)
        ranked = await communities.list_roles(db, store.workspace_id, home, None, None, 15)
        place, person, roles = ranked[0]
        assert (place, person) == (1, chief)
        maven = next(role for role in roles if role.role == "maven")
        assert (maven.evidence["helps"], maven.evidence["people_helped"]) == (SIZE - 1, SIZE - 1)
        assert len(maven.interaction_ids) == 5
        cited = await db.fetch(
            "SELECT kind, actor_id FROM interactions WHERE workspace_id = $1 AND id = ANY ($2)",
            store.workspace_id, maven.interaction_ids,
        )  # fmt: skip
        assert len(cited) == 5
        assert {row["kind"] for row in cited} <= HELP
        assert {row["actor_id"] for row in cited} == {chief}
        mavens = await communities.list_roles(db, store.workspace_id, home, "maven", None, 15)
        assert [row[1] for row in mavens] == [chief]
        assert await communities.list_roles(db, store.workspace_id, home, "maven", (1, chief), 15) == []
        mine = await communities.list_roles_of(db, store.workspace_id, chief, None, 50)
        assert {role.role for role in mine} == {role.role for role in roles}


async def test_a_person_joined_with_another_counts_once(store: Store) -> None:
    await tell(store, *circle("bread"), *circle("boats"))
    await detected(store)
    one, other = sorted(people_of(store, "bread", [3, 4]))
    async with workspace(store.pool, store.workspace_id) as db:
        await db.execute(
            "UPDATE person_identities SET person_id = $2 WHERE workspace_id = $1 AND person_id = $3",
            store.workspace_id, one, other,
        )  # fmt: skip
        await db.execute("DELETE FROM people WHERE workspace_id = $1 AND id = $2", store.workspace_id, other)
    before = await living(store)
    assert sorted(map(len, before.values())) == [SIZE - 1, SIZE]
    await settled(store)
    found = await detected(store, 0.1)
    assert await living(store) == before
    home = next(str(id_) for id_, people in before.items() if one in people)
    assert [each.id for each in found.communities if each.level == 0 and each.portrait] == [home]


async def test_a_declared_community_lives_beside_the_detected_ones(store: Store) -> None:
    await tell(store, *circle("bread"), *circle("boats"))
    some = people_of(store, "bread", [0, 1]) | people_of(store, "boats", [0, 1])
    async with workspace(store.pool, store.workspace_id) as db:
        made = await communities.create_community(db, store.workspace_id, "The board", some)
        with pytest.raises(NoSuch):
            await communities.create_community(db, store.workspace_id, "Ghosts", [UUID(int=1)])
    await detected(store)
    async with workspace(store.pool, store.workspace_id) as db:
        found = await communities.get_community(db, store.workspace_id, made.id)
        assert found
        assert (found.name, found.kind, found.size, found.openness) == ("The board", "curated", 4, 1.0)
        assert await communities.get_map(db, store.workspace_id, made.id)
        assert await communities.list_roles(db, store.workspace_id, made.id, None, None, 15)
        await communities.delete_community(db, store.workspace_id, made.id)
    await detected(store, 1)
    assert len(await living(store)) == 2


async def test_a_map_of_many_shows_those_most_in_touch_though_not_all_with_each_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kith.domain.detection.portraits.MAPPED", 3)  # not 3,000: the people of a test are few
    await tell(store, *circle("bread"), *circle("boats"), say("bread1", "boats1", "bread", 3))
    found = await detected(store)
    assert {each.level for each in found.communities} == {0, 1}
    for each in found.communities:
        assert each.portrait
        drawn = unpack(each.portrait.map)
        assert len(drawn.people) == 3
        tied = {end for tie in drawn.ties for end in (tie.first, tie.second)}
        assert {place for place, person in enumerate(drawn.people) if person.community is not None} == tied
        assert all(disc.people for disc in drawn.communities)


async def test_robots_tie_nobody(store: Store) -> None:
    everyone = [f"{name}{i}" for name in ("bread", "boats") for i in range(SIZE)]
    greetings = [say("robot", person, "bread", day) for person in everyone for day in range(3)]
    robot = identity("robot", name="Robot")
    await tell(store, *circle("bread"), *circle("boats"), type(robot)(robot.ref, "bot", name="Robot"), *greetings)
    await detected(store)
    homes = await living(store)
    assert sorted(map(len, homes.values())) == [SIZE, SIZE]


async def test_topics_keep_their_ids_and_lead_to_where_they_come_up(store: Store) -> None:
    rooms = {"bread": "Bakers", "boats": "Sailors", "birds": "Walkers", "books": "Readers"}
    for name, title in rooms.items():
        await tell(store, channel(name, title), *circle(name))
    first = await detected(store)
    second = await detected(store, 1)
    assert {topic.id for topic in first.topics} == {topic.id for topic in second.topics} != set()
    async with workspace(store.pool, store.workspace_id) as db:
        listed = await topics.list_topics(db, store.workspace_id, topics.TopicFilter(), None, 50)
        places = {topic.name: await topics.list_channels(db, store.workspace_id, topic.id, 9) for topic in listed}
    assert sorted(place.name for found in places.values() for place in found) == sorted(rooms.values())
    assert all(len(found) == 1 for found in places.values())


async def test_a_look_that_was_overtaken_stores_nothing(store: Store) -> None:
    await tell(store, *circle("bread"))
    async with workspace(store.pool, store.workspace_id) as db:
        facts = await detection.load(db, store.workspace_id, NOW, None, whole=True)
    found = await detected(store)
    async with workspace(store.pool, store.workspace_id) as db:
        assert not await detection.save(db, store.workspace_id, NOW, None, facts, found)


async def test_an_empty_workspace_has_no_communities(store: Store) -> None:
    found = await detected(store)
    assert (found.communities, found.topics, found.people) == ((), (), 0)


async def test_contact_counts_as_it_had_faded_on_that_day(store: Store) -> None:
    await tell(store, say("ada", "bob", "list", 0), say("bob", "ada", "list", 29), say("ada", "cyd", "list", -1500))
    await tell(store, read_until(30))
    async with workspace(store.pool, store.workspace_id) as db:
        facts = await detection.load(db, store.workspace_id, NOW, None, whole=True)
    assert len(facts.people) == 3
    assert facts.weight == pytest.approx([2 ** (-30 / 365) + 2 ** (-1 / 365)])
    assert np.isfinite(facts.arrivals).sum() == 2


async def test_a_look_speaks_of_the_day_until_which_was_read_however_late_it_is_made(store: Store) -> None:
    await tell(store, read_until(30), *(told for name in TALK for told in circle(name)))
    await settled(store)
    await detected(store, 100)
    first = await found_in(store)
    assert {as_of for _, _, as_of, _, _ in first} == {NOW.date()}
    assert {health["newcomers"] for _, _, _, health, _ in first} == {0}  # they came in the last third
    await detected(store, 150)
    assert await found_in(store) == first

    await tell(store, *(say(f"bread{i}", f"bread{i + 1}", "bread", 29.9) for i in range(8)))
    few = await detected(store, 150.1)
    assert sum(each.portrait is not None for each in few.communities) == 1
    after = await found_in(store)
    assert after != first
    await detected(store, 150.2, whole=True)
    assert await found_in(store) == after

    await tell(store, read_until(200))
    everything = await detected(store, 180)
    assert all(each.portrait for each in everything.communities)
    later = await found_in(store)
    assert {as_of for _, _, as_of, _, _ in later} == {(DAY + timedelta(days=200)).date()}
    assert {health["newcomers"] for _, _, _, health, _ in later} == {SIZE - 1}  # one only heard
    await detected(store, 180.1, whole=True)
    assert await found_in(store) == later
    async with workspace(store.pool, store.workspace_id) as db:
        days = await communities.list_health(db, store.workspace_id, later[0][0], None, 9)
    assert [each.day for each in days] == [as_of for (_, _, as_of, _, _), *_ in (later, first)]


async def test_a_source_that_does_not_see_a_community_makes_no_time_pass_for_it(store: Store) -> None:
    await tell(store, read_until(-300), *circle("bread", days=-330))
    assert (await detected(store)).people == SIZE
    bread = await found_in(store)
    assert {as_of for _, _, as_of, _, _ in bread} == {(DAY - timedelta(days=300)).date()}
    other = await Store.open(store.pool, store.workspace_id)
    await tell(other, read_until(40), *circle("boats", days=-90), say("bread1", "boats1", "harbor", -80))
    await settled(store)
    await detected(store, 0.1)
    both = {"bread" if "bread" in name.lower() or row == bread[0][0] else "boats": as_of
            for row, name, as_of, _, _ in await found_in(store)}  # fmt: skip
    assert both == {"bread": (DAY - timedelta(days=300)).date(), "boats": NOW.date()}
    async with workspace(store.pool, store.workspace_id) as db:
        facts = await detection.load(db, store.workspace_id, NOW, None, whole=True)
    async with workspace(store.pool, store.workspace_id) as db:
        alone = await detection.load(db, store.workspace_id, DAY - timedelta(days=300), None, whole=True)
    pairs = {
        frozenset({alone.people[a], alone.people[b]}): weight
        for a, b, weight in zip(alone.first, alone.second, alone.weight, strict=True)
    }
    faded = [
        (weight, pairs[pair])
        for a, b, weight in zip(facts.first, facts.second, facts.weight, strict=True)
        if (pair := frozenset({facts.people[a], facts.people[b]})) in pairs
    ]
    assert len(faded) == SIZE * (SIZE - 1) // 2
    assert [one for one, _ in faded] == pytest.approx([other for _, other in faded])


async def test_a_source_that_is_read_till_now_decides_though_another_ended_long_ago(store: Store) -> None:
    await tell(store, read_until(-300), *circle("bread", days=-330))
    await detected(store)
    other = await Store.open(store.pool, store.workspace_id)
    await tell(other, read_until(40), say("bread1", "bread2", "list", -90))
    await detected(store, 0.1)
    assert {as_of for _, _, as_of, _, _ in await found_in(store)} == {NOW.date()}


async def test_us_are_all_people_of_the_group_team_for_whatever_reason(store: Store) -> None:
    await tell(store, *circle("bread"), *circle("boats"), say("bread3", "boats3", "office", 1.0))
    office = ids.fact_id(store.id_key, "channel", (who("x").network, "", "office.example.org"))
    listed = ids.fact_id(store.id_key, "identity", ("mail", "", who("bread5").key))
    async with workspace(store.pool, store.workspace_id) as db:
        made: dict[str, Any] = dict.fromkeys(
            ("description", "organization_id", "words", "attribute_id", "community_id")
        )
        made |= {"channel_id": office, "listed": [listed]}
        await groups.create_group(db, store.workspace_id, name="Team", **made)
        facts = await detection.load(db, store.workspace_id, NOW + timedelta(days=2), None, whole=True)
    us = {UUID(bytes=facts.people[place]) for place in facts.us.tolist()}
    assert us == {listed, ids.fact_id(store.id_key, "identity", ("mail", "", who("bread3").key))}


async def test_areas_of_one_project_are_those_that_people_mean(store: Store) -> None:
    told: list[Record] = [channel("repo", "boats/harbor"), channel("other", "birds")]
    written = {"hull": "Boats/hull", "rig": "boats, rigging", "sail": "boats", "nest": "Nest/eggs", "b/c": "b/c"}
    for name, title in written.items():
        told.append(channel(name, title, kind="area", parent=room("other" if name == "nest" else "repo")))
        told += [act(f"{name} {i}", channel=name, title=TALK["boats"]) for i in range(3)]
    told += [act(f"general {i}", channel="repo", title=TALK["boats"]) for i in range(3)]
    await tell(store, *told)
    async with workspace(store.pool, store.workspace_id) as db:
        facts = await detection.load(db, store.workspace_id, NOW, None, whole=True)
    called = [facts.acts.areas[area] for area in set(facts.acts.area.tolist())]
    assert sorted(called) == ["b", "boats", "boats/harbor", "nest"]
    assert {facts.texts.channels[place] for place in facts.texts.channel.tolist()} == set(called)


async def test_a_private_room_gives_no_name_that_all_would_see(store: Store) -> None:
    told: list[Record] = [channel("vault", "The vault", visibility="private"), channel("square", "The square")]
    told += [act(f"{name} {i}", channel=name, title=TALK["boats"]) for i in range(3) for name in ("vault", "square")]
    await tell(store, *told)
    async with workspace(store.pool, store.workspace_id) as db:
        facts = await detection.load(db, store.workspace_id, NOW, None, whole=True)
    assert sorted(facts.acts.areas[area] for area in set(facts.acts.area.tolist())) == ["", "The square"]
    assert name_communities(facts, (), np.full(len(facts.texts.ids), NO_TOPIC), [np.arange(len(facts.acts))], [0]) == [
        ("The square",) * 3
    ]


async def test_words_of_private_texts_alone_are_apart(store: Store) -> None:
    told = [record for name in ("boats", "bread", "birds") for record in circle(name)]
    told = [replace(each, visibility="public") if isinstance(each, Interaction) else each for each in told]
    told += [
        replace(each, title=TALK["books"], visibility="private") if isinstance(each, Interaction) else each
        for each in circle("books", room="vault")
    ]
    await tell(store, channel("vault", "The vault", visibility="private"), channel("boats", "boats"), *told)
    found = await detected(store)
    words = [" ".join(topic.terms) for topic in found.topics], [each.names.name for each in found.communities]
    opened = [" ".join(topic.open.terms) for topic in found.topics], [each.names.open for each in found.communities]
    plain = [" ".join(topic.plain.terms) for topic in found.topics], [each.names.plain for each in found.communities]
    for whole, some, few in zip(words, opened, plain, strict=True):
        assert all(word in str(whole) for word in ("novel", "sail"))
        assert "sail" in str(some)
        assert "boats" in str(few)
        assert not re.search("novel|vault", str(some))
        assert not re.search("novel|vault|sail|thrush", str(few))


async def test_equal_facts_give_equal_detections_in_every_workspace(pool: Pool) -> None:
    chance = np.random.default_rng(1)
    told = [record for name in TALK for record in circle(name)]
    for _ in range(120):
        (one, other), (here, there) = chance.choice(list(TALK), 2), chance.integers(SIZE, size=2)
        told.append(say(f"{one}{here}", f"{other}{there}", str(one), float(chance.integers(20))))
    said = []
    for number in range(3):
        store = await Store.open(pool, await new_workspace(pool))
        await tell(store, *(told if number else reversed(told)))
        said.append(await in_words(store, await detected(store)))
    assert len(said[0]["communities"]) > 1
    assert said[0] == said[1] == said[2]


async def in_words(store: Store, found: Found) -> dict[str, Any]:
    """What was found without ids: communities by their people's names, with roles, and topics."""
    async with workspace(store.pool, store.workspace_id) as db:
        rows = await db.fetch(
            """
            SELECT c.name, c.level, array_agg(p.name ORDER BY p.name) AS people,
                (SELECT array_agg(concat_ws(' ', r.role, r.rank, h.name) ORDER BY r.role, r.rank) FROM roles r
                 JOIN people h ON h.workspace_id = $1 AND h.id = r.person_id
                 WHERE r.workspace_id = $1 AND r.community_id = c.id) AS roles
            FROM communities c JOIN community_people m ON m.workspace_id = $1 AND m.community_id = c.id AND m.home
            JOIN people p ON p.workspace_id = $1 AND p.id = m.person_id
            WHERE c.workspace_id = $1 GROUP BY c.id, c.name, c.level ORDER BY c.level, c.name
            """,
            store.workspace_id,
        )
    return {"communities": [tuple(row) for row in rows], "topics": [(t.name, t.texts) for t in found.topics]}
