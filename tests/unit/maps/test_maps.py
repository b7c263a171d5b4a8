import csv
import datetime
import io
from itertools import combinations
from xml.etree import ElementTree as ET

import igraph
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.communities.detect import ALONE, detect
from kith.domain.graph import from_ties
from kith.domain.maps.community import CommunityMap, community_map
from kith.domain.maps.community_svg import community_svg
from kith.domain.maps.export import gexf, graphml, people_csv, ties_csv
from kith.domain.maps.history_svg import Week, history_svg
from kith.domain.maps.layout import layout
from kith.domain.maps.png import png
from kith.domain.maps.style import width_of
from tests.unit.communities.planted import planted

SVG = "{http://www.w3.org/2000/svg}"
NAMES = st.text(max_size=12)


def drawn(names: list[str], seed: int = 0) -> CommunityMap:
    people = len(names)
    random = np.random.default_rng(seed)
    graph = from_ties([f"per_{i}" for i in range(people)], *random.integers(0, people, (2, 2 * people)))
    membership = detect(graph).membership
    groups = [(f"com_{i}", f"Group <{i}> & more") for i in range(int(membership.max(initial=ALONE)) + 1)]
    return community_map(graph, membership, names, groups, {0: ["connector"]}, "Who & whom")


@settings(deadline=None, max_examples=25)
@given(st.lists(NAMES, min_size=1, max_size=30))
def test_every_export_parses_and_holds_each_person_and_tie_once(names: list[str]) -> None:
    found = drawn(names)
    svg = ET.fromstring(community_svg(found))
    assert [svg[0].tag, svg[1].tag] == [f"{SVG}title", f"{SVG}desc"]
    assert svg[1].text == found.summary
    for text, node, edge in ((graphml(found), "node", "edge"), (gexf(found), "node", "edge")):
        root = ET.fromstring(text)
        ids = [each.get("id") for each in root.iter() if each.tag.endswith(node)]
        assert ids == [person.id for person in found.people]
        assert sum(each.tag.endswith("}" + edge) for each in root.iter()) == len(found.ties)
    assert [row["id"] for row in csv.DictReader(io.StringIO(people_csv(found)))] == [p.id for p in found.people]
    assert len(list(csv.reader(io.StringIO(ties_csv(found))))) == len(found.ties) + 1


def test_igraph_reads_the_graphml(tmp_path: object) -> None:
    found = drawn(["Ada", "Bo", "Cy", "Di"])
    path = f"{tmp_path}/map.graphml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(graphml(found))
    read = igraph.Graph.Read_GraphML(path)
    assert read.vs["name"] == ["Ada", "Bo", "Cy", "Di"]
    assert read.ecount() == len(found.ties)


def test_a_cell_is_never_a_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(people_csv(drawn(["=1+1", "Bo"])))))
    assert rows[0]["name"] == "'=1+1"


def test_people_stand_in_the_disc_of_their_community_and_discs_do_not_overlap() -> None:
    graph, _ = planted(400, 8, 3000, mixing=0.2)
    membership = detect(graph).membership
    found = layout(graph, membership)
    away = np.linalg.norm(found.people - found.discs[membership], axis=1)
    assert (away <= found.radii[membership]).all()
    gaps = np.linalg.norm(found.discs[:, None] - found.discs, axis=2) - found.radii[:, None] - found.radii
    assert gaps[~np.eye(len(gaps), dtype=bool)].min() > 0


def test_the_same_people_stand_at_the_same_place_each_time() -> None:
    graph, membership = planted(120, 4, 600, mixing=0.2)
    assert layout(graph, membership).people.tolist() == layout(graph, membership).people.tolist()


def test_a_community_without_people_on_the_map_is_an_empty_disc() -> None:
    graph = from_ties(["a", "b", "c"], [0], [1])
    assert layout(graph, np.array([0, 0, 2])).radii[1] == min(layout(graph, np.array([0, 0, 2])).radii)


def test_people_without_ties_stand_below_the_discs() -> None:
    graph = from_ties(range(5), [0, 1, 0], [1, 2, 2])
    found = layout(graph, np.array([0, 0, 0, ALONE, ALONE]))
    assert found.people[3:, 1].min() > (found.discs[:, 1] + found.radii).max()


def test_a_picture_is_png_of_the_asked_width() -> None:
    data = png(community_svg(drawn(["Ada", "Bo", "Cy"])), width=320)
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20]) == 320


def test_text_is_drawn() -> None:
    empty = png('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"/>', width=90)
    text = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><text y="20">Ada</text></svg>'
    assert png(text, width=90) != empty


def test_a_history_says_in_words_what_it_shows() -> None:
    monday = datetime.date(2026, 1, 5)
    weeks = [Week(monday + datetime.timedelta(weeks=i), i, 1, None if i < 2 else 0.1 * i) for i in range(6)]
    svg = ET.fromstring(history_svg("Ada", "Bo <b>", weeks))
    said = svg[1].text
    assert said == "6 weeks since 5 January 2026: 15 from Ada, 6 from Bo <b>; strength 0.50 now."
    assert len([each for each in svg.iter(f"{SVG}rect") if each.get("fill-opacity")]) == 11


def test_a_history_without_contact_says_so() -> None:
    assert "No contact is known." in history_svg("Ada", "Bo", [])


def test_everyone_with_a_role_is_named_also_in_a_crowd_and_no_name_covers_another() -> None:
    graph, membership = planted(600, 1, 4000, mixing=0.0)
    busiest = np.argsort(-graph.strengths())[:20].tolist()
    names = [f"Person Number {i}" for i in range(600)]
    drawn = community_map(graph, membership, names, [("com_0", "All")], {i: ["maven"] for i in busiest}, "Crowd")
    written = [each for each in ET.fromstring(community_svg(drawn)).iter(f"{SVG}text") if each.text in names]
    assert {each.text for each in written} == {names[i] for i in busiest}
    boxes = []
    for each in written:
        x, y, wide = float(each.get("x", 0)), float(each.get("y", 0)), width_of(each.text or "", 13)
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[each.get("text-anchor", "start")]
        boxes.append((left, y - 9, left + wide, y))
    crossing = [
        (one, other)
        for one, other in combinations(boxes, 2)
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]
    assert crossing == []
