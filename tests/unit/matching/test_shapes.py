"""Shapes of pairs that real communities have: which are one person, which are suggested, and which are left apart."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.matching import Identity, Population, Profile, Resolver, blocking_keys, shipped
from kith.domain.matching.features import count_letters
from kith.domain.matching.names import parse_name

MODEL = shipped()
# A workspace where common names are common, as a thousand full names show.
COMMON = ("John", "Maria", "Muhammad", "Daniel", "Wei")
WORDS = {word.lower(): 60 for word in COMMON} | {"smith": 40, "khan": 40, "garcia": 40, "wang": 60}
HANDLES = [
    f"{first}{last}"[:9] for first in ("john", "maria", "wei", "ada", "kim") for last in ("smith", "lee", "moss")
]
TOWN = Population(2000, len(HANDLES), dict(count_letters(HANDLES)), WORDS)
FAMILIES = st.sampled_from(["Wray", "Petran", "Thistle", "Okonjo", "Lindqvist"])
HOSTS = st.sampled_from(["north.example", "gmail.com", "dale.org", "uni.example"])


def look(*shown: tuple[str, str], population: Population = TOWN) -> tuple[int, int]:
    """Return how many persons these names and addresses are, and how many suggestions there are."""
    found = [Identity(str(number), name=name, address=address) for number, (name, address) in enumerate(shown)]
    resolution = Resolver(found, MODEL, population=population).resolve()
    return len(resolution.persons), len(resolution.suggestions)


@given(st.integers(7, 15), FAMILIES, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=20)
def test_one_person_has_many_mailboxes(count: int, family: str, rng: object) -> None:
    locals_ = ["ines", f"ines.{family.lower()}", f"i{family.lower()}", "me", "git", "hello"]
    shown = [(f"Ines {family}", f"{locals_[n % len(locals_)]}@host{n}.example") for n in range(count)]
    assert look(*shown)[0] == 1


def test_a_common_name_at_many_mailboxes_is_not_one_person() -> None:
    assert look(*(("John Smith", f"js{n}q@host{n}.example") for n in range(12)))[0] == 12


@pytest.mark.parametrize(
    ("one", "other"),
    [("Muhammad Ali Khan", "Muhammad Usman Khan"), ("Maria José Thistle", "Maria Luisa Thistle"),
     ("John A. Wray", "John B. Wray"), ("Wei Xin Petran", "Wei Ling Petran")],
)  # fmt: skip
def test_two_middle_names_stay_two_people_also_by_way_of_a_third(one: str, other: str) -> None:
    first, *_, last = one.split()
    shown = [(one, "a.q@north.example"), (other, "b.z@dale.example"), (f"{first} {last}", "c.x@moss.example")]
    found = [Identity(str(number), name=name, address=address) for number, (name, address) in enumerate(shown)]
    for order in (found, found[::-1]):
        persons = Resolver(order, MODEL, population=Population()).resolve().persons
        assert not any({"0", "1"} <= set(members) for members in persons)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Xiaoming Wáng (Kevin)", "Kevin Wang"), ("Wang Xiaoming (Kevin)", "Kevin Wang"),
     ("Kevin (Xiaoming) Wang", "Xiaoming Wang"), ("Jisoo (Jenny) Park", "Jenny Park"),
     ("Nguyễn Văn Anh (Tony)", "Tony Nguyen")],
)  # fmt: skip
def test_a_nickname_in_brackets_is_another_given_name(one: str, other: str) -> None:
    a, b = (Profile(Identity(name, name=name)) for name in (one, other))
    assert blocking_keys(a) & blocking_keys(b)
    persons, suggestions = look((one, "xm@north.example"), (other, "kw@dale.example"), population=Population())
    assert (persons, suggestions) in ((1, 0), (2, 1))


@given(
    st.sampled_from([("Corin", "Corrin"), ("Cory", "Corey"), ("Muhammad", "Mohammad"), ("Paul", "Paula"),
                     ("Stefan", "Stephan"), ("Martin", "Martina"), ("Kristin", "Kirstin"), ("Aleksei", "Aleksej")]),
    FAMILIES, HOSTS, HOSTS,
)  # fmt: skip
@settings(deadline=None)
def test_near_first_names_are_two_people_unless_something_else_is_one(
    names: tuple[str, str], family: str, host: str, other: str
) -> None:
    shown = [
        (f"{name} {family}", f"{local}@{at}")
        for name, local, at in zip(names, ("q17", "z94"), (host, other), strict=True)
    ]
    assert look(*shown, population=Population())[0] == 2
    assert look(shown[0], (shown[1][0], shown[0][1]), population=Population())[0] == 1


@pytest.mark.parametrize("names", [("Corin", "Corrin"), ("Cory", "Corey"), ("Muhammad", "Mohammad"), ("Paul", "Paula")])
def test_near_first_names_are_suggested(names: tuple[str, str]) -> None:
    shown = [(f"{name} Wray", f"q{number}@host{number}.example") for number, name in enumerate(names)]
    assert look(*shown, population=Population()) == (2, 1)


@given(st.sampled_from(["Igor", "Ida", "Ines"]), FAMILIES, st.sampled_from(["{0}{1}", "{0}.{1}", "{0}-{1}", "{0}_{1}"]))
@settings(deadline=None)
def test_a_handle_that_holds_a_given_name_is_nobody_elses(given_name: str, family: str, shape: str) -> None:
    handle = shape.format(given_name, family)
    local = f"{given_name[0]}{family}".lower()
    shown = [(handle, f"{local}@south.example"), (f"Ivan {family}", f"ivan.{family.lower()}@north.example")]
    assert look(*shown, population=Population())[0] == 2
    assert look(shown[0], (f"{given_name} {family}", "x9@south.example"), population=Population())[0] == 1


@given(st.sampled_from(["Thistle", "Okonjo", "Lindqvist", "Perferzal", "Hartwell"]), st.data())
@settings(deadline=None)
def test_swapped_letters_of_a_rare_family_name_are_a_slip(family: str, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([at for at in range(1, len(family) - 1) if family[at] != family[at + 1]]))
    swapped = family[:at] + family[at + 1] + family[at] + family[at + 2 :]
    shown = (f"Ines {family}", "q1@north.example"), (f"Ines {swapped}", "z2@dale.example")
    assert look(*shown, population=Population())[0] == 1
    assert look(*shown, population=Population(200_000, words={"ines": 3000, family.lower(): 3000}))[0] == 2


def test_a_single_name_that_two_people_have_in_full_tells_nothing() -> None:
    singles = ("Ozioma", "q@north.example"), ("Ozioma", "z@dale.example")
    assert look(*singles)[0] == 1
    assert look(*singles, ("Ozioma Thistle", "w@moss.example"))[0] == 2
    assert look(*singles, ("Ozioma Thistle", "w@moss.example"), ("Ozioma Wray", "v@host.example"))[0] == 4


@pytest.mark.parametrize("handle", ["jsmith", "smithj", "mgarcia"])
def test_an_initial_with_a_common_family_name_tells_nothing(handle: str) -> None:
    assert look((handle, f"{handle}@north.example"), ("", f"{handle}@dale.example"))[0] == 2
    rare = handle.replace("smith", "brekelu").replace("garcia", "brekelu")
    assert look((rare, f"{rare}@north.example"), ("", f"{rare}@dale.example"))[0] == 1


@pytest.mark.parametrize("handle", ["zqx", "hpa7", "dsqw", "pxla", "zorgo", "Qwerlin"])
def test_a_rare_handle_or_single_name_tells_whatever_its_length(handle: str) -> None:
    persons, suggestions = look((handle, "one@north.example"), (handle, "two@dale.example"))
    assert persons == 1 or (len(handle) == 3 and suggestions == 1)


@pytest.mark.parametrize("name", ["John", "Maria", "wei", "Kim", "Daniel"])
def test_a_common_single_name_tells_nothing(name: str) -> None:
    assert look((name, "q1@north.example"), (name, "z2@dale.example"))[0] == 2


def test_a_part_of_a_name_tells_by_its_rarity() -> None:
    def odds(single: str, full: str) -> float:
        pair = [Identity("1", name=single, address="q@n.example"), Identity("2", name=full, address="z@d.example")]
        return float(Resolver(pair, MODEL, population=TOWN).log_odds[0])

    assert odds("Ozioma", "Ozioma Wray") > odds("Maria", "Maria Wray")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane Thistle", "Jane Okonjo"),
        ("Emmy Albert", "Joseph Albert"),
        ("Иван Петров", "Jean Smirnoff"),
        ("王小明", "Kevin Wong"),
    ],
)
def test_changed_names_at_one_address_are_one_or_suggested(one: str, other: str) -> None:
    persons, suggestions = look((one, "mail@jt.example"), (other, "mail@jt.example"), population=Population())
    assert persons == 1 or suggestions == 1


def test_what_old_mail_programs_left_of_a_name_is_read() -> None:
    assert parse_name("Uwe Kleine-K\x1b,Av\x1b(Bnig").full == parse_name("Uwe Kleine-König").full


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("josef", "josef@localhost"), ("Josef Wray", "j.wray@north.example")),  # given name at a machine
        (("root", "root@sachin-laptop.(none)"), ("Sachin Wray", "sw@north.example")),  # the machine's name
        (("Ray Thistle", "git@mail.example"), ("GitRay", "pix2@thistle.example")),  # handle = own domain
        (("thistleapp", "tp@mail.example"), ("T Thistlea", "tt@north.example")),  # clipped
        (("argriffing", "argriffing@mail.example"), ("alex", "argriffi@north.example")),
        (("Peter", "peter.mahler.larsen@mail.example"), ("pmla", "pete.mahler.larsen@north.example")),
        (
            ("Evelyn King", "evelyn.cameron.king@mail.example"),
            ("Cameron King", "v-ck@north.example"),
        ),  # one given name of two
        (("mvg2002", "mvg@mail.example"), ("Mark van Gelder", "m.j.vangelder@north.example")),  # initials
        (("Ayush", "bisht.ayush2001@mail.example"), ("ayushbisht2001", "a@north.example")),
    ],
)
def test_pairs_of_these_shapes_are_compared(one: tuple[str, str], other: tuple[str, str]) -> None:
    shown = [Identity(str(number), name=name, address=address) for number, (name, address) in enumerate((one, other))]
    assert len(Resolver(shown, MODEL).pairs) == 1


def test_members_of_one_person_are_compared_also_where_they_share_nothing() -> None:
    chain = [("Ada Wray", "ada@north.example"), ("Ada Wray", "zq@dale.example"), ("zorgo", "zq@dale.example")]
    found = [Identity(str(number), name=name, address=address) for number, (name, address) in enumerate(chain)]
    assert Resolver(found, MODEL).pairs.tolist() == [list(pair) for pair in combinations(range(3), 2)]


def test_names_of_mailboxes_join_nobody_across_domains() -> None:
    for local in ("stable", "dev", "announce", "security", "users"):
        shown = [(local, f"{local}@birk.example"), (local, f"{local}@moss.example"), ("", f"{local}@lund.example")]
        assert look(*shown, population=Population()) == (3, 0)
