"""From the bytes of a stream to its elements: one document that never ends, with nothing in it that could swell."""

from xml.etree import ElementTree as Xml
from xml.parsers import expat

from kith.connectors import Fatal, Retry

_BYTES = 1 << 20  # of one element
_DEPTH = 60

CLIENT = "{jabber:client}"
STREAMS = "{http://etherx.jabber.org/streams}"


class Cutter:
    """Cuts a stream into its elements. Document types, and with them all entities but XML's own five, are refused."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._open: list[Xml.Element] = []
        self._done: list[Xml.Element] = []
        self._bytes = 0
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._starts
        self._parser.EndElementHandler = self._ends
        self._parser.CharacterDataHandler = self._says
        self._parser.StartDoctypeDeclHandler = self._refuses
        self._parser.EntityDeclHandler = self._refuses

    def feed(self, data: bytes) -> list[Xml.Element]:
        """Return the elements that these bytes complete. Raises Retry where they are no XML, Fatal where too much."""
        self._bytes += len(data)
        try:
            self._parser.Parse(data, False)
        except expat.ExpatError as error:
            raise Retry(f"{self._place} sends what is no XML: {error}.") from error
        done, self._done = self._done, []
        if done:
            self._bytes = 0
        if self._bytes > _BYTES:
            raise Fatal(f"{self._place} sends an element of more than the {_BYTES:,} bytes that are allowed.")
        return done

    def _starts(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > _DEPTH:
            raise Fatal(f"{self._place} nests elements more than {_DEPTH} deep.")
        element = Xml.Element(_named(name), {_named(key): value for key, value in attributes.items()})
        if len(self._open) > 1:
            self._open[-1].append(element)
        self._open.append(element)

    def _ends(self, _: str) -> None:
        element = self._open.pop()
        if len(self._open) == 1:
            self._done.append(element)
        elif not self._open:
            raise Retry(f"{self._place} ends the stream.")

    def _says(self, text: str) -> None:
        if len(self._open) < 2:
            return  # what keeps the connection alive
        element = self._open[-1]
        if len(element):
            element[-1].tail = (element[-1].tail or "") + text
        else:
            element.text = (element.text or "") + text

    def _refuses(self, *_: object) -> None:
        raise Fatal(f"{self._place} sends a document type, which is not read.")


def _named(name: str) -> str:
    """Return a name as ElementTree writes it."""
    space, _, local = name.rpartition(" ")
    return f"{{{space}}}{local}" if space else local
