"""PNG of an SVG, with a font of its own, so that it looks the same on every machine."""

from functools import cache
from importlib.resources import files

import resvg_py


def png(svg: str, width: int = 1600) -> bytes:
    """Render an SVG in this width in pixels; scripts that the font lacks come from the machine's fonts."""
    return resvg_py.svg_to_bytes(svg_string=svg, width=width, font_files=_fonts(), font_family="Source Sans Pro")


@cache
def _fonts() -> list[str]:
    folder = files("font_source_sans_pro") / "files"
    return [str(folder / f"SourceSansPro-{weight}.ttf") for weight in ("Regular", "Semibold")]
