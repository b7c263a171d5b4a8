"""Logos: what is a picture of which kind and size, whatever is said of it."""

import pytest

from kith.api.apps.logos import fetch
from kith.connectors import Egress, Http, Limits, Manners
from kith.connectors.testing import FaultServer, Given
from kith.domain.logos import LARGEST, WIDEST, fault, kind_of
from tests.pictures import jpeg, png, webp

FORMS = (b"VP8 ", b"VP8L", b"VP8X")
MANNERS = Manners(total_seconds=2, tries=1, patience=0)


def sized(width: int, height: int) -> list[bytes]:
    return [png(width, height), jpeg(width, height), *(webp(form, width, height) for form in FORMS)]


def test_pictures_of_three_kinds_are_told_by_their_bytes() -> None:
    kinds = [kind_of(data) for data in sized(3, 5)]
    assert kinds == ["image/png", "image/jpeg", *["image/webp"] * 3]
    assert [fault(data) for data in sized(WIDEST, 1)] == [None] * 5
    for data in (*sized(WIDEST + 1, 1), *sized(1, WIDEST + 1)):
        assert "1,024 pixels" in str(fault(data))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP9 ",
        png()[:20], jpeg()[:6], jpeg()[:14], webp(b"VP8X")[:26], webp(b"VP8L")[:22], b"\xff\xd8\xff\xda",
        b"\xff\xd8" + b"\xff\xe0\xff\xff" * 3, png(0, 1), png() + bytes(LARGEST),
    ],
)  # fmt: skip
def test_all_else_is_no_logo(data: bytes) -> None:
    assert fault(data)


async def test_a_logo_is_asked_once_and_a_dead_one_is_no_fault() -> None:
    async with FaultServer() as server:
        server.on("/logo", Given(body=png(), headers={"content-type": "text/html"}))
        server.on("/svg", Given(body=b"<svg/>", headers={"content-type": "image/png"}))
        server.on("/large", Given(body=png() + bytes(LARGEST)))
        server.on("/gone", Given(404))
        server.on("/away", Given(302, headers={"location": "http://localhost/logo"}))
        found = {}
        for path in ("/logo", "/svg", "/large", "/gone", "/away"):
            http = Http(Egress(("127.0.0.1",), Limits()), manners=MANNERS)
            found[path] = await fetch(server.url(path), http)
        assert found == {"/logo": png(), "/svg": None, "/large": None, "/gone": None, "/away": None}
        assert len(server.asked) == len(found)
        assert await fetch(server.url("/logo")) is None, "no stranger has kith ask its own networks"
        assert len(server.asked) == len(found)
