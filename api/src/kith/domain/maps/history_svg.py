"""A relationship's history as SVG: each week's contact in both directions, and how strong it was."""

from collections.abc import Sequence
from datetime import date

import msgspec

from kith.domain.maps.style import COLORS, FAINT, INK, PAPER, QUIET, fitted, picture, text, width_of
from kith.domain.sentences import many

_WIDTH, _HEIGHT = 1200.0, 476.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 1136.0, 112.0, 400.0
_OUT, _IN, _LINE = COLORS[0], COLORS[1], COLORS[2]


class Week(msgspec.Struct, frozen=True):
    """Contact in one week from its Monday on; strength at its end, 0 to 1, or None below the floor of evidence."""

    monday: date
    outgoing: float
    incoming: float
    strength: float | None


def history_svg(one: str, other: str, weeks: Sequence[Week]) -> str:
    """Draw the weeks, oldest first: what ``one`` sent above the axis, what came back below, strength as a line."""
    title = f"{one} and {other}"
    said = _summary(one, other, weeks)
    parts = [text(_LEFT, 46, fitted(title, 26, _RIGHT - _LEFT), 26, weight=600), text(_LEFT, 72, said, 15, fill=QUIET)]
    if weeks:
        parts += [*_axis(weeks), *_bars(weeks), *_strength(weeks), *_legend(one, other)]
    return picture(_WIDTH, _HEIGHT, title, said, parts)


def _summary(one: str, other: str, weeks: Sequence[Week]) -> str:
    if not weeks:
        return "No contact is known."
    out, back = sum(week.outgoing for week in weeks), sum(week.incoming for week in weeks)
    since = f"{weeks[0].monday.day} {weeks[0].monday:%B %Y}"
    said = f"{many(len(weeks), 'week')} since {since}: {out:,.0f} from {one}, {back:,.0f} from {other}"
    known = [week.strength for week in weeks if week.strength is not None]
    return f"{said}; strength {known[-1]:.2f} now." if known else f"{said}."


def _axis(weeks: Sequence[Week]) -> list[str]:
    middle = (_TOP + _BOTTOM) / 2
    parts = [f'<line x1="{_LEFT}" y1="{middle}" x2="{_RIGHT}" y2="{middle}" stroke="{QUIET}"/>']
    for share in (0.0, 0.5, 1.0):
        y = _BOTTOM - share * (_BOTTOM - _TOP)
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}" stroke="{FAINT}" stroke-dasharray="2 4"/>'
        )
        parts.append(text(_RIGHT + 8, y + 4, f"{share:g}", 12, fill=_LINE))
    most = _most(weeks)
    parts.append(text(_LEFT - 8, _TOP + 10, f"{most:g}", 12, fill=_OUT, anchor="end"))
    parts.append(text(_LEFT - 8, _BOTTOM, f"{most:g}", 12, fill=_IN, anchor="end"))
    step = (_RIGHT - _LEFT) / len(weeks)
    last = -1e9
    for place, week in enumerate(weeks):
        x = _LEFT + place * step
        first_of_year = week.monday.month == 1 and week.monday.day <= 7
        label = f"{week.monday:%Y}" if first_of_year else f"{week.monday:%b}" if place else f"{week.monday:%b %Y}"
        if (not place or week.monday.day <= 7) and (x - last > 46 or (first_of_year and x - last > 30)):
            parts.append(text(x, _BOTTOM + 22, label, 12.5, fill=INK if first_of_year or not place else QUIET))
            last = x if place else x + width_of(label, 12.5) - 24
    return parts


def _bars(weeks: Sequence[Week]) -> list[str]:
    middle, half, most = (_TOP + _BOTTOM) / 2, (_BOTTOM - _TOP) / 2, _most(weeks)
    step = (_RIGHT - _LEFT) / len(weeks)
    wide = max(0.8, min(0.72 * step, 18.0))
    parts = []
    for place, week in enumerate(weeks):
        x = _LEFT + (place + 0.5) * step - wide / 2
        for count, fill, down in ((week.outgoing, _OUT, False), (week.incoming, _IN, True)):
            if count > 0:
                high = max(1.5, half * count / most)
                y = middle + 1 if down else middle - 1 - high
                round_off = min(2.0, wide / 3)
                parts.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="{round_off:.1f}" '
                    f'fill="{fill}" fill-opacity="0.85"/>'
                )
    return parts


def _strength(weeks: Sequence[Week]) -> list[str]:
    """One line for each run of weeks in which strength is known."""
    step, path, pen_down = (_RIGHT - _LEFT) / len(weeks), "", False
    for place, week in enumerate(weeks):
        if week.strength is None:
            pen_down = False
            continue
        x, y = _LEFT + (place + 0.5) * step, _BOTTOM - week.strength * (_BOTTOM - _TOP)
        path += f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}"
        pen_down = True
    line = f'<path d="{path}" fill="none" stroke-linejoin="round" stroke-linecap="round"'
    return [f'{line} stroke="{PAPER}" stroke-width="5"/>', f'{line} stroke="{_LINE}" stroke-width="2.4"/>']


def _legend(one: str, other: str) -> list[str]:
    parts, x = [], _LEFT
    entries = ((_OUT, f"from {one}, per week"), (_IN, f"from {other}, per week"), (_LINE, "strength (0 to 1, right)"))
    for fill, said in entries:
        parts.append(f'<rect x="{x:.1f}" y="{_HEIGHT - 28}" width="14" height="8" rx="2" fill="{fill}"/>')
        shown = fitted(said, 13.5, 330)
        parts.append(text(x + 20, _HEIGHT - 19, shown, 13.5))
        x += 20 + width_of(shown, 13.5) + 28
    return parts


def _most(weeks: Sequence[Week]) -> float:
    return max(max(week.outgoing, week.incoming) for week in weeks) or 1.0
