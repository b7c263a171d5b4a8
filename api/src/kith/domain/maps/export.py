"""A community map as GraphML, GEXF (for Gephi) and CSV (for NodeXL and everything else)."""

import csv
import io

from kith.domain.maps.community import CommunityMap
from kith.domain.maps.style import attribute, color, content
from kith.domain.tables import cell

_FIELDS = (("name", "string"), ("community", "string"), ("roles", "string"), ("strength", "double"))


def graphml(drawn: CommunityMap) -> str:
    """The map as GraphML, undirected, with places, communities, roles and weights."""
    keys = [f'<key id="{name}" for="node" attr.name="{name}" attr.type="{kind}"/>' for name, kind in _FIELDS]
    keys += [f'<key id="{axis}" for="node" attr.name="{axis}" attr.type="double"/>' for axis in ("x", "y")]
    keys.append('<key id="weight" for="edge" attr.name="weight" attr.type="double"/>')
    nodes = [
        f"<node id={attribute(str(row['id']))}>"
        + "".join(f'<data key="{name}">{content(str(value))}</data>' for name, value in row.items() if name != "id")
        + "</node>"
        for row in _rows(drawn)
    ]
    ties = [
        f'<edge source={attribute(first)} target={attribute(second)}><data key="weight">{weight}</data></edge>'
        for first, second, weight in _ties(drawn)
    ]
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
            *keys,
            '<graph edgedefault="undirected">',
            *nodes,
            *ties,
            "</graph>\n</graphml>\n",
        )
    )


def gexf(drawn: CommunityMap) -> str:
    """The map as GEXF 1.3 with places and colors, as Gephi shows it at once."""
    nodes = []
    for row, person in zip(_rows(drawn), drawn.people, strict=True):
        values = "".join(f'<attvalue for="{name}" value={attribute(str(row[name]))}/>' for name, _ in _FIELDS[1:])
        tint = color(person.community)
        red, green, blue = (int(tint[i : i + 2], 16) for i in (1, 3, 5))
        nodes.append(
            f"<node id={attribute(person.id)} label={attribute(person.name)}><attvalues>{values}</attvalues>"
            f'<viz:position x="{person.x}" y="{-person.y}" z="0"/><viz:color r="{red}" g="{green}" b="{blue}"/></node>'
        )
    ties = [
        f'<edge id="{i}" source={attribute(first)} target={attribute(second)} weight="{weight}"/>'
        for i, (first, second, weight) in enumerate(_ties(drawn))
    ]
    attributes = [f'<attribute id="{name}" title="{name}" type="{kind}"/>' for name, kind in _FIELDS[1:]]
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">',
            '<graph defaultedgetype="undirected">',
            '<attributes class="node">',
            *attributes,
            "</attributes>",
            "<nodes>",
            *nodes,
            "</nodes>",
            "<edges>",
            *ties,
            "</edges>",
            "</graph>\n</gexf>\n",
        )
    )


def people_csv(drawn: CommunityMap) -> str:
    """One row per person; a name that a spreadsheet would take for a formula is preceded by an apostrophe."""
    out = io.StringIO()
    rows = csv.DictWriter(out, ["id", "name", "community", "roles", "strength", "x", "y"])
    rows.writeheader()
    rows.writerows({name: cell(value) for name, value in row.items()} for row in _rows(drawn))
    return out.getvalue()


def ties_csv(drawn: CommunityMap) -> str:
    """One row per tie."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["source", "target", "weight"])
    rows.writerows((cell(first), cell(second), weight) for first, second, weight in _ties(drawn))
    return out.getvalue()


def _rows(drawn: CommunityMap) -> list[dict[str, str | float]]:
    return [
        {
            "id": person.id,
            "name": person.name,
            "community": "" if person.community is None else drawn.communities[person.community].name,
            "roles": ", ".join(person.roles),
            "strength": person.strength,
            "x": person.x,
            "y": person.y,
        }
        for person in drawn.people
    ]


def _ties(drawn: CommunityMap) -> list[tuple[str, str, float]]:
    return [(drawn.people[tie.first].id, drawn.people[tie.second].id, tie.weight) for tie in drawn.ties]
