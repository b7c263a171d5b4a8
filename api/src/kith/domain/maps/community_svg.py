"""The community map as SVG: discs of people, ties as threads, names where there is room, a legend beside."""

import math
from collections import Counter, defaultdict

from kith.domain.communities.naming import SEPARATOR
from kith.domain.maps.community import CommunityMap, MapPerson, MapTie
from kith.domain.maps.style import (
    COLORS,
    FAINT,
    INK,
    OTHER,
    PAPER,
    QUIET,
    color,
    fitted,
    picture,
    shaded,
    text,
    width_of,
)

# Pixels, of a picture that can be shown at any size.
_WIDTH, _HEIGHT = 1600.0, 1040.0
_LEGEND = 330.0
_TOP, _EDGE = 84.0, 36.0
_ROOMIEST = 90.0  # room of one person where there are few

_THREADS = 2_500  # more ties than these only blacken the picture
_SINGLE = 400  # more ties between communities are drawn as bands from disc to disc
_BANDS_EACH = 3
_BAND = "#9AA3B2"
_NAMED = 60  # up to so many people everyone has a name; beyond, those with a role
_ROLES = {"connector": "Connector", "maven": "Maven", "host": "Host", "bridge": "Bridge to us", "newcomer": "Newcomer"}


def community_svg(drawn: CommunityMap) -> str:
    """Draw the map; a legend explains it, ``title`` and ``desc`` say it in words."""
    sheet = _Sheet(drawn)
    labels = sheet.labels()
    parts = [
        text(_EDGE, 46, fitted(drawn.title, 28, _WIDTH - 2 * _EDGE), 28, weight=600),
        text(_EDGE, 70, fitted(drawn.summary, 15, _WIDTH - 2 * _EDGE), 15, fill=QUIET),
        *sheet.bands(),
        *sheet.discs(),
        *sheet.threads(),
        *sheet.leads,
        *sheet.people(),
        *labels,
        *sheet.legend(),
    ]
    return picture(_WIDTH, _HEIGHT, drawn.title, drawn.summary, parts)


_SIDES = ((1, "start"), (-1, "end"))
_Box = tuple[float, float, float, float]  # left, top, right, bottom


class _Sheet:
    def __init__(self, drawn: CommunityMap) -> None:
        self.drawn = drawn
        left, top, right, bottom = _bounds(drawn)
        room_x, room_y = _WIDTH - _LEGEND - 2 * _EDGE, _HEIGHT - _TOP - _EDGE
        self.scale = min(room_x / (right - left), room_y / (bottom - top), _ROOMIEST)
        self.shift_x = _EDGE + (room_x - self.scale * (right - left)) / 2 - self.scale * left
        self.shift_y = _TOP + (room_y - self.scale * (bottom - top)) / 2 - self.scale * top
        strongest = max((person.strength for person in drawn.people), default=1.0) or 1.0
        self.radii = [self._radius(person, strongest) for person in drawn.people]
        self.boxes = [self._box(person, 0.8 * r) for person, r in zip(drawn.people, self.radii, strict=True)]
        # Nothing is written across the sign of a role.
        marked = [(person, r) for person, r in zip(drawn.people, self.radii, strict=True) if _role(person)]
        self.taken: list[_Box] = [self._box(person, max(r, 5.5) + 2) for person, r in marked]
        self.leads: list[str] = []
        across = sum(self._community(tie.first) != self._community(tie.second) for tie in drawn.ties)
        self.bundled = across > _SINGLE and len(drawn.communities) > 1
        self.chosen = self._chosen()

    def _radius(self, person: MapPerson, strongest: float) -> float:
        return max(1.7, min(0.42 * self.scale, 22.0) * (0.4 + 0.6 * math.sqrt(person.strength / strongest)))

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.shift_x + self.scale * x, self.shift_y + self.scale * y

    def _box(self, person: MapPerson, reach: float) -> _Box:
        x, y = self.at(person.x, person.y)
        return x - reach, y - reach, x + reach, y + reach

    def discs(self) -> list[str]:
        parts = []
        for number, disc in enumerate(self.drawn.communities):
            x, y = self.at(disc.x, disc.y)
            tint, line = shaded(color(number), PAPER, 0.88), shaded(color(number), PAPER, 0.6)
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{self.scale * (disc.radius + 0.25):.1f}" fill="{tint}" '
                f'stroke="{line}" stroke-width="1"/>'
            )
        return parts

    def bands(self) -> list[str]:
        """Where single threads between communities would blacken the map: for each, bands to those it is closest to."""
        if not self.bundled:
            return []
        total = defaultdict[tuple[int, int], float](float)
        for tie in self.drawn.ties:
            ends = sorted(self._community(end) for end in (tie.first, tie.second))
            if ends[0] != ends[1] and ends[0] >= 0:
                total[ends[0], ends[1]] += tie.weight
        shown, drawn = Counter[int](), []
        for pair, weight in sorted(total.items(), key=lambda each: (-each[1], each[0])):
            if min(shown[pair[0]], shown[pair[1]]) < _BANDS_EACH:
                shown.update(pair)
                drawn.append((pair, weight))
        most = max((weight for _, weight in drawn), default=1.0)
        return [self._band(*pair, math.sqrt(weight / most)) for pair, weight in reversed(drawn)]

    def _band(self, one: int, other: int, share: float) -> str:
        (x1, y1), (x2, y2) = (self.at(disc.x, disc.y) for disc in (self.drawn.communities[i] for i in (one, other)))
        path = _curve(x1, y1, x2, y2, 0.1)
        return (
            f'<path d="{path}" fill="none" stroke="{_BAND}" stroke-width="{1 + 11 * share:.1f}" '
            f'stroke-opacity="{0.25 + 0.35 * share:.2f}" stroke-linecap="round"/>'
        )

    def _community(self, person: int) -> int:
        community = self.drawn.people[person].community
        return -1 if community is None else community

    def threads(self) -> list[str]:
        """Single ties, the weakest first so that the strong lie above."""
        ties = sorted(self.chosen, key=lambda tie: tie.weight)
        heaviest = max((tie.weight for tie in ties), default=1.0)
        thin = min(1.0, math.sqrt(250 / max(len(ties), 1)))
        parts = []
        for tie in ties:
            one, other = self.drawn.people[tie.first], self.drawn.people[tie.second]
            ends = (*self.at(one.x, one.y), *self.at(other.x, other.y))
            share = math.sqrt(tie.weight / heaviest)
            inside = one.community == other.community
            line = shaded(color(one.community), INK, 0.1) if inside else "#7A7F88"
            parts.append(
                f'<path d="{_curve(*ends, 0.0 if inside else 0.12)}" stroke="{line}" '
                f'stroke-width="{0.6 + 3 * share * thin:.2f}" '
                f'stroke-opacity="{(0.12 + 0.4 * share) * (0.4 + 0.6 * thin):.2f}"/>'
            )
        return ['<g fill="none" stroke-linecap="round">', *parts, "</g>"]

    def _chosen(self) -> list[MapTie]:
        """Ties to draw one by one: the strongest of each person first, until there are as many as the eye takes."""
        single = [
            tie
            for tie in self.drawn.ties
            if not self.bundled or self._community(tie.first) == self._community(tie.second)
        ]
        standing: Counter[int] = Counter()
        ranked = []
        for tie in sorted(single, key=lambda tie: (-tie.weight, tie.first, tie.second)):
            ranked.append((min(standing[tie.first], standing[tie.second]), -tie.weight, _scattered(tie), tie))
            standing.update((tie.first, tie.second))
        return [tie for *_, tie in sorted(ranked, key=lambda each: each[:3])[:_THREADS]]

    def people(self) -> list[str]:
        parts = []
        for person, radius in sorted(zip(self.drawn.people, self.radii, strict=True), key=lambda each: each[1]):
            x, y = self.at(person.x, person.y)
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{color(person.community)}" '
                f'stroke="{PAPER}" stroke-width="{min(1.6, radius / 4):.1f}"/>'
            )
            if mark := _role(person):
                parts.append(_mark(mark, x, y, max(radius, 5.5)))
        return parts

    def labels(self) -> list[str]:
        """Names of communities first, then of people, the strongest first, each where it covers nothing."""
        parts = [self._community_label(number) for number in range(len(self.drawn.communities))]
        everyone = len(self.drawn.people) <= _NAMED
        order = sorted(range(len(self.radii)), key=lambda i: (not self.drawn.people[i].roles, -self.radii[i], i))
        parts += [self._person_label(i) for i in order if everyone or self.drawn.people[i].roles]
        return [part for part in parts if part]

    def _community_label(self, number: int) -> str:
        disc = self.drawn.communities[number]
        x, y = self.at(disc.x, disc.y)
        radius = self.scale * (disc.radius + 0.25)
        if len(self.drawn.communities) < 2 or radius < 22:
            return ""
        size = max(12.0, min(20.0, radius / 5))
        said = fitted(disc.name.split(SEPARATOR)[0], size, 2.2 * radius + 40)
        tint = shaded(color(number), INK, 0.45)
        for at in (y - radius - 5, y - radius + 1.4 * size, y + radius + size):  # above, inside, or below
            if placed := self._placed(said, size, [(x, at, "middle")], tint, 600):
                return placed
        return ""

    def _person_label(self, i: int) -> str:
        person, radius = self.drawn.people[i], self.radii[i]
        x, y = self.at(person.x, person.y)
        size = 13.0 if person.roles else 12.0
        gap = max(radius, 5.5) + (7 if _role(person) else 3)
        spots = [(x + gap, y + 4, "start"), (x - gap, y + 4, "end"), (x, y - gap, "middle"), (x, y + gap + 9, "middle")]
        said = fitted(person.name, size, 190)
        if not _role(person):
            return self._placed(said, size, spots, INK, 400)
        spots += [(x + side * gap * 0.8, y + up * gap + 4, end) for side, end in _SIDES for up in (-0.9, 1.3)]
        return self._placed(said, size, spots, INK, 600) or self._placed_aside(said, size, x, y)

    def _placed_aside(self, said: str, size: float, x: float, y: float) -> str:
        """A name further away, with a line that leads to it: who has a role is worth that."""
        for reach in range(30, 200, 10):
            for turn in range(16):
                dx, dy = reach * math.cos(turn * math.pi / 8), reach * math.sin(turn * math.pi / 8)
                spot = (x + dx, y + dy + 4, "start" if dx >= 0 else "end")
                if placed := self._placed(said, size, [spot], INK, 600):
                    ends = f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x + dx:.1f}" y2="{y + dy:.1f}" stroke-linecap="round"'
                    self.leads += [f'{ends} stroke="{PAPER}" stroke-width="3.5"/>', f'{ends} stroke="{INK}"/>']
                    return placed
        return ""

    def _placed(self, said: str, size: float, spots: list[tuple[float, float, str]], fill: str, weight: int) -> str:
        """The text at the spot where it covers least, if it covers no other text and stays on the map."""
        wide = width_of(said, size)
        open_spots: list[tuple[int, int, float, float, str, _Box]] = []
        for x, y, anchor in spots:
            left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
            box = (left - 2, y - size * 0.85, left + wide + 2, y + size * 0.3)
            inside = box[0] > 4 and box[2] < _WIDTH - _LEGEND - 8 and box[1] > _TOP - 6 and box[3] < _HEIGHT - 4
            if inside and not any(_cross(box, other) for other in self.taken):
                covered = sum(_cross(box, other) for other in self.boxes)
                open_spots.append((covered, len(open_spots), x, y, anchor, box))
        if not open_spots:
            return ""
        _, _, x, y, anchor, box = min(open_spots)
        self.taken.append(box)
        return text(x, y, said, size, fill=fill, weight=weight, anchor=anchor, halo=True)

    def legend(self) -> list[str]:
        left, y = _WIDTH - _LEGEND + 8, _TOP + 24
        parts = [f'<line x1="{left - 24}" y1="{_TOP}" x2="{left - 24}" y2="{_HEIGHT - _EDGE}" stroke="{FAINT}"/>']
        room = _LEGEND - 60

        def heading(said: str) -> None:
            nonlocal y
            parts.append(text(left, y, said.upper(), 12, fill=QUIET, weight=600))
            y += 26

        def row(sign: str, said: str, note: str = "") -> None:
            nonlocal y
            parts.append(sign)
            parts.append(text(left + 26, y, fitted(said, 14.5, room - width_of(note, 13)), 14.5))
            if note:
                parts.append(text(_WIDTH - _EDGE, y, note, 13, fill=QUIET, anchor="end"))
            y += 25

        communities = self.drawn.communities
        if communities:
            heading("Communities, by people")
        for number, disc in enumerate(communities[: len(COLORS)]):
            row(_dot(left + 8, y - 5, 7.5, color(number)), disc.name, f"{disc.people:,}")
        rest = communities[len(COLORS) :]
        if rest:
            others = f"{len(rest):,} more, each a disc" if len(rest) > 1 else rest[0].name
            row(_dot(left + 8, y - 5, 7.5, OTHER), others, f"{sum(disc.people for disc in rest):,}")
        alone = sum(person.community is None for person in self.drawn.people)
        if alone:
            row(_dot(left + 8, y - 5, 4, OTHER), "Without ties, below the discs", f"{alone:,}")
        present = [role for role in _ROLES if any(role in person.roles for person in self.drawn.people)]
        if present:
            y += 18
            heading("Roles")
        for role in present:
            row(_dot(left + 8, y - 5, 5, "#8A8F98") + _mark(role, left + 8, y - 5, 6.5), _ROLES[role])
        y += 18
        heading("How to read it")
        row(_dot(left + 3, y - 5, 3, "#8A8F98") + _dot(left + 14, y - 5, 6.5, "#8A8F98"), "Larger: more contact in all")
        row(_thread(left, y - 5, "#8A8F98", 3), "Thicker: more contact of the two")
        if self.bundled:
            row(_thread(left, y - 5, _BAND, 7), "Band: contact of two communities")
        within = [tie for tie in self.drawn.ties if self._community(tie.first) == self._community(tie.second)]
        every = len(within) if self.bundled else len(self.drawn.ties)
        if len(self.chosen) < every:
            said = f"The {len(self.chosen):,} strongest of {every:,} ties{' inside' if self.bundled else ''} are drawn"
            parts.append(text(left, y, said, 13, fill=QUIET))
        return parts


def _role(person: MapPerson) -> str | None:
    """The role whose sign a person bears."""
    return next((role for role in _ROLES if role in person.roles), None)


def _bounds(drawn: CommunityMap) -> _Box:
    boxes = [(disc.x, disc.y, disc.radius + 0.8) for disc in drawn.communities]
    boxes += [(person.x, person.y, 0.8) for person in drawn.people] or [(0.0, 0.0, 1.0)]
    return (
        min(x - r for x, _, r in boxes),
        min(y - r for _, y, r in boxes),
        max(x + r for x, _, r in boxes),
        max(y + r for _, y, r in boxes),
    )


def _cross(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _scattered(tie: MapTie) -> tuple[int, int, int]:
    """An order of equal ties that prefers no part of the map."""
    return (tie.first * 40_503 + tie.second * 30_011) % 65_521, tie.first, tie.second


def _curve(x1: float, y1: float, x2: float, y2: float, bend: float) -> str:
    """A path from one point to another, bent aside by this share of its length."""
    if not bend:
        return f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"
    x, y = (x1 + x2) / 2 - bend * (y2 - y1), (y1 + y2) / 2 + bend * (x2 - x1)
    return f"M{x1:.1f} {y1:.1f}Q{x:.1f} {y:.1f} {x2:.1f} {y2:.1f}"


def _dot(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"/>'


def _thread(x: float, y: float, stroke: str, width: float) -> str:
    ends = f'x1="{x}" y1="{y}" x2="{x + 17}" y2="{y}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width}" stroke-linecap="round"/>'


def _mark(role: str, x: float, y: float, radius: float) -> str:
    """A sign for a role around a person, told apart by form alone: ring, star, square, triangle, dashes."""
    if role in ("connector", "newcomer"):
        dashes = ' stroke-dasharray="3 3"' if role == "newcomer" else ""
        return _outlined(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius + 3:.1f}"', dashes)
    corners = {"maven": 10, "host": 4, "bridge": 3}[role]
    # Just far enough that the form encloses the person.
    outer = (radius + 2) / {"maven": 0.72, "host": math.cos(math.pi / 4), "bridge": 0.52}[role]
    points = []
    for corner in range(corners):
        reach = outer if role != "maven" or corner % 2 == 0 else outer * 0.66
        turn = math.pi * (2 * corner / corners - 0.5) + (math.pi / 4 if role == "host" else 0)
        points.append(f"{x + reach * math.cos(turn):.1f},{y + reach * math.sin(turn):.1f}")
    return _outlined(f'<polygon points="{" ".join(points)}"')


def _outlined(shape: str, dashes: str = "") -> str:
    """A dark line on a light one, to be seen on any color."""
    line = f'{shape} fill="none" stroke-linejoin="round"'
    return f'{line} stroke="{PAPER}" stroke-width="4"/>{line} stroke="{INK}" stroke-width="1.9"{dashes}/>'
