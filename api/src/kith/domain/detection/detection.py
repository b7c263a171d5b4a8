"""The detection: from contact, acts and texts to topics, communities, roles, health and maps."""

import numpy as np
from msgspec.structs import replace

from kith.domain.detection.divide import divide
from kith.domain.detection.facts import Community, Facts, Found, Names
from kith.domain.detection.portraits import Portraits
from kith.domain.detection.speak import find_topics, name_communities
from kith.domain.graph import from_ties
from kith.domain.roles.acts import NO_AREA


def detect(facts: Facts) -> Found:
    """Look at everything. The same facts give the same detection."""
    graph = from_ties([person.hex() for person in facts.people], facts.first, facts.second, facts.weight, facts.days)
    topics, of_text = find_topics(facts)
    division = divide(graph, facts)
    portraits = Portraits(graph, division, _about_something(facts))
    homes = [part.people[part.home] for part in division.parts]
    histories = [portraits.histories.of(people) for people in homes]
    names = name_communities(facts, topics, of_text, histories, [part.level for part in division.parts])
    former = {each.id: each for each in facts.former}
    detected = [
        Community(
            part.id,
            "detected",
            part.level,
            part.parent,
            called,
            part.people,
            part.belonging,
            part.home,
            None
            if portraits.stands(former.get(part.id), home)
            else portraits.at(part.id, home, called.name, part.level),
        )
        for part, home, called in zip(division.parts, homes, names, strict=True)
    ]
    declared = [
        Community(
            id_, "curated", 0, None, Names("", "", ""), people, None, np.ones(len(people), bool),
            portraits.at(id_, people, ""),
        )
        for id_, people in facts.curated
    ]  # fmt: skip
    return Found(
        int((np.diff(graph.indptr) > 0).sum()),
        len(graph.indices) // 2,
        division.partition.resolution,
        division.partition.counting,
        division.partition.foreseen,
        (*detected, *declared),
        division.events,
        topics,
        of_text,
    )


def _about_something(facts: Facts) -> Facts:
    """The facts with the areas of acts that are about something; where people merely meet is none."""
    subject = np.append(facts.subjects, False)[facts.acts.area]
    return replace(facts, acts=replace(facts.acts, area=np.where(subject, facts.acts.area, NO_AREA)))
