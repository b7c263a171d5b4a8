"""The twelve people of the known community: other names for each on every network, and the cards that join them."""

from datetime import UTC, datetime
from typing import NamedTuple

NAMES = (
    "Ada Moreau", "Bela Kovacs", "Chiara Ricci", "Dagny Holm", "Emeka Obi", "Farah Nasser",
    "Goran Petrov", "Hana Suzuki", "Ivo Marek", "Jorun Dahl", "Kamala Iyer", "Lucas Pinto",
)  # fmt: skip
#: Handles that say nothing of their bearers. Each of the last six is one person's here and another's there.
_WORDS = """
    anvil birch cobalt dune ember falcon garnet heron indigo juniper kestrel lantern
    marble nettle osprey pebble quartz raven saffron thistle umber violet walnut yarrow
    acorn badger clover dahlia elder fennel ginger hazel ivory jasmine kelp lupine
    magpie nutmeg onyx plover quince robin sorrel teal urchin vetch willow zephyr
    amber basil cedar drake egret flint grove heath iris jade koala lark
    maple newt otter poppy quail rowan sable tulip ursa vireo wren yew
    agate beetle comet delta eider finch gannet holly ibis jackal krill linnet
    mango nacre olive puffin quill reed stork tansy umbra vole wasp zinnia
    barley cricket dove ermine fig gecko hornet iguana jute kiwi larch mole
    nightjar oriole peony quokka rhubarb shrew teasel ulmus viper wombat xerus yucca
    abalone bittern cicada dogwood eland ferret gorse hickory inula jabiru kudu laurel
    mallow narwhal oxlip pansy quetzal rue spruce tern urial vicuna weasel zebu
""".split()  # noqa: SIM905 - they are many
PLACES = (
    "github", "gitlab", "gitea", "discourse", "fediverse", "bluesky", "matrix", "xmpp", "irc", "stackexchange", "slack",
)  # fmt: skip
START = datetime(2025, 3, 3, 9, tzinfo=UTC)
ALL = range(len(NAMES))
_SHARED = 6


class Card(NamedTuple):
    """What is on somebody's card: addresses for mail, of accounts, of pages."""

    name: str
    addresses: tuple[str, ...]
    accounts: tuple[str, ...]
    pages: tuple[str, ...]


def handle(place: str, who: int) -> str:
    """Return what somebody is called on a network. The second half of each two networks' people swap names."""
    number = PLACES.index(place)
    if who >= _SHARED and number % 2:
        return handle(PLACES[number - 1], _SHARED + (who + 1) % _SHARED)
    return _WORDS[number * len(NAMES) + who]


def address(who: int) -> str:
    """Return the address from which somebody writes mails and commits."""
    return f"{NAMES[who].partition(' ')[0].lower()}@example.org"


def work_address(who: int) -> str:
    """Return the address that somebody has at work: in calendars and at Slack."""
    return f"{_WORDS[len(PLACES) * len(NAMES) + who]}@firm.example"


def sender(who: int) -> str:
    return f"{NAMES[who]} <{address(who)}>"


def vcard(number: int, card: Card) -> str:
    """Return a card as a program writes it."""
    given, family = card.name.split()
    lines = [f"UID:card-{number}", f"FN:{card.name}", f"N:{family};{given};;;", "REV:20260101T000000Z"]
    lines += [f"EMAIL;TYPE=INTERNET:{one}" for one in card.addresses]
    lines += [f"IMPP:{one}" for one in card.accounts]
    lines += [f"URL:{one}" for one in card.pages]
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""])
