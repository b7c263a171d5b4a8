"""How kith's pictures look: light, calm, and told apart without color vision."""

import re
from xml.sax.saxutils import escape, quoteattr

# Paul Tol's muted scheme (2021): nine colors told apart by people with any form of color blindness, on white.
COLORS = ("#332288", "#44AA99", "#CC6677", "#88CCEE", "#999933", "#AA4499", "#117733", "#DDCC77", "#882255")
OTHER = "#B4B7BD"  # communities beyond the nine, and people without one
INK = "#22252B"
QUIET = "#6B7078"
FAINT = "#D9DCE1"
PAPER = "#FFFFFF"

FONT = "'Source Sans Pro', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"

# Mean width of a character of Source Sans Pro by its height, rounded up: places for labels come from it.
_LETTER = 0.53


# Characters that XML 1.0 cannot hold at all.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def content(said: str) -> str:
    """Text as the content of an XML element."""
    return escape(_FORBIDDEN.sub("", said))


def attribute(said: str) -> str:
    """Text as a quoted XML attribute."""
    return quoteattr(_FORBIDDEN.sub("", said))


def color(community: int | None) -> str:
    """The color of a community by number."""
    return COLORS[community] if community is not None and community < len(COLORS) else OTHER


def shaded(hexadecimal: str, towards: str, share: float) -> str:
    """Mix a share of another color in."""
    mixed = (
        round(int(hexadecimal[i : i + 2], 16) * (1 - share) + int(towards[i : i + 2], 16) * share) for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in mixed)


def width_of(text: str, size: float) -> float:
    """About how wide a text is."""
    return len(text) * size * _LETTER


def fitted(text: str, size: float, room: float) -> str:
    """Cut a text, with an ellipsis, to the room there is."""
    most = max(1, int(room / (size * _LETTER)))
    return text if len(text) <= most else text[: most - 1].rstrip(" ,·") + "…"


def text(
    x: float,
    y: float,
    said: str,
    size: float,
    *,
    fill: str = INK,
    weight: int = 400,
    anchor: str = "start",
    halo: bool = False,
) -> str:
    """A line of text; with a halo it is legible above anything."""
    around = (
        f'stroke="{PAPER}" stroke-width="{size / 4:.1f}" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    )
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill}"{" " + around if halo else ""}>{content(said)}</text>'
    )


def picture(width: float, height: float, title: str, description: str, parts: list[str]) -> str:
    """The whole SVG, with its alternative text."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-labeledby="title desc" font-family={attribute(FONT)}>\n'
        f'<title id="title">{content(title)}</title>\n<desc id="desc">{content(description)}</desc>\n'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
