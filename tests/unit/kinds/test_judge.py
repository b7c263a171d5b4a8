"""Kinds are told by the words of an identity: robots and lists of shapes that no list of examples holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.domain.kinds import judge, words
from kith.domain.kinds.judge import Judgment

PLACES = st.sampled_from(["acorn", "birk", "moss", "lund", "north-river", "wray"])
HUMANS = ["Abbot Marin", "Clara Bott", "Jen Kinsbot", "Travis Cole", "Claude Marot", "Gerrit Pape", "Dev Patel",
          "Xingyu Liu", "Laura Abbott", "Olga Botvinnik", "Jan Bot", "Hans List", "Tom Jenkins", "Devin Codey",
          "Priyank Patel", "Wei Ci", "Rob Ottaway", "Marcel Robota", "Listar Holm", "Teamer Aziz",
          "Claude Small", "Devin Max", "Jules Large", "Zed Moss", "Ann Testing-Lund"]  # fmt: skip


@st.composite
def hosts(draw: st.DrawFn) -> str:
    return f"{draw(PLACES)}.{draw(st.sampled_from(['example', 'org', 'co.uk']))}"


@st.composite
def dressed(draw: st.DrawFn, text: str) -> str:
    """The text in another case, or with its words joined as in a handle."""
    shape = draw(st.sampled_from([text, text.lower(), text.upper(), text.title()]))
    return draw(st.sampled_from([" ", "-", "_", "."])).join(shape.split())


@st.composite
def robots(draw: st.DrawFn) -> tuple[str, str]:
    """A name and an address of a robot: by its last word, its mark, its service, its model and number."""
    place, host = draw(PLACES), draw(hosts())
    robot = draw(st.sampled_from(["bot", "robot", "autobuilder", "automation"]))
    service = draw(st.sampled_from(sorted(words.SERVICES | words.MODELS)))
    namesake = draw(st.sampled_from(sorted(words.NAMESAKES)))
    function = draw(st.sampled_from(["ci", "server", "code review", "agent", "runner", "assistant"]))
    number = draw(st.sampled_from(["3", "4.5", "5.1"]))
    model = draw(st.sampled_from(sorted(words.NUMBERED)))
    name = draw(
        st.one_of(
            dressed(f"{place} {robot}"),
            dressed(f"{place} test {robot}"),
            st.just(f"{place}-renewer[bot]"),
            dressed(service),
            dressed(f"hosted {service}"),
            dressed(f"{draw(st.sampled_from(sorted(words.MODELS)))} {draw(st.sampled_from(sorted(words.EDITIONS)))}"),
            dressed(f"{place} functional testing"),
            st.just(f"{place}-bot+{draw(PLACES)}"),
            dressed(f"{namesake} {function}"),
            st.just(f"{model.title()} {number}"),
            st.just(f"Claude {draw(st.sampled_from(['Opus', 'Haiku', 'Fable']))} {number}"),
            st.just(f"{model}-{number}-preview"),
        )
    )
    return name, draw(st.sampled_from([f"{place}@{host}", f"x{place}@ci.{host}", f"noreply@{host}"]))


@given(robots())
def test_a_robot_is_told_by_its_name(shown: tuple[str, str]) -> None:
    assert judge("person", shown[0], "", shown[1]).kind == "bot"


@given(robots())
def test_a_robots_handle_tells_as_much_as_its_name(shown: tuple[str, str]) -> None:
    assert judge("unknown", "", "@" + shown[0].replace(" ", "-")).kind == "bot"


@given(st.sampled_from(["no-reply", "no_reply", "noreply", "do-not-reply", "bugzilla-daemon", "MAILER-DAEMON",
                        "notifications", "bounces", "jenkins", "buildbot", "ci", "acorn-bot", "git", "svn", "www-data",
                        "syslog", "review", "errors", "automated"]), hosts())  # fmt: skip
def test_a_robot_is_told_by_its_address_alone(local: str, host: str) -> None:
    assert judge("person", "", "", f"{local}@{host}").kind == "bot"


@pytest.mark.parametrize("address", ["12345@bugs.acorn.example", "7-done@bugs.acorn.example",
                                     "control@bugs.acorn.example",
                                     "reply+AB1@reply.acorn.example", "help-debbugs@acorn.example"])  # fmt: skip
def test_where_a_tracker_takes_mails_is_no_human(address: str) -> None:
    assert judge("person", "", "", address).kind == "bot"
    assert judge("person", "Ada Birk", "", address).kind == "person"


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, str]:
    place, host = draw(PLACES), draw(hosts())
    ending = draw(st.sampled_from(sorted(words.LIST_ENDINGS)))
    local = draw(
        st.one_of(
            st.sampled_from(sorted(words.SHARED)),
            st.just(f"{place}-{ending}"),
            st.just(f"{place}.{ending}"),
            st.just(f"{place}-{draw(st.sampled_from(sorted(words.DASHED_ENDINGS)))}"),
            st.just(f"{draw(st.sampled_from(sorted(words.DASHED_BEGINNINGS)))}-gnu-{place}"),
        )
    )
    hosted = [f"{place}@{draw(HOSTED)}", f"~{place}/app-{ending}@lists.{host}", f"{place}@lists.{host}"]
    address = draw(st.sampled_from([f"{local}@{host}", f"{local}@lists.{host}", *hosted]))
    acorn = place.title()
    name = draw(
        st.sampled_from(["", address, local.title(), f"{acorn} Developers", f"{acorn} mailing list", f"{acorn} Hackers",
                         f"open list:{acorn.upper()} DRIVERS", f"moderated list:{acorn}/io support"])
    )  # fmt: skip
    return name, address


HOSTED = st.sampled_from(["googlegroups.com", "groups.io", "vger.kernel.org", "yahoogroups.com", "freelists.org"])
FULL_NAMES = st.sampled_from(["Ada Birk", "Heiko Lund", "Bea van Moss", "Jun Ichi Wray", "Anna All", "Tom Talk"])


@given(FULL_NAMES, PLACES, st.sampled_from(sorted(words.DASHED_ENDINGS)), hosts())
def test_a_human_stays_one_at_an_address_like_a_lists(name: str, place: str, ending: str, host: str) -> None:
    assert judge("person", name, "", f"{place}-{ending}@{host}").kind == "person"


@given(st.sampled_from(["dalia", "bo_lund", "fay"]), st.sampled_from(sorted(words.DASHED_ENDINGS - words.LIST_ENDINGS)))
def test_a_word_of_lists_tells_nothing_behind_a_dot_or_at_free_mail(first: str, ending: str) -> None:
    assert judge("person", "", "", f"{first}.{ending}@birk.example").kind == "person"
    assert judge("person", "", "", f"{first}-{ending}@gmail.com").kind == "person"


@st.composite
def placeholders(draw: st.DrawFn) -> tuple[str, str]:
    """What programs write where nobody said who somebody is: git, its bridges, machines and forms."""
    word = draw(st.sampled_from(["(no author)", "(none)", "unknown", "nobody", "root", "none", "null", "Anonymous"]))
    local = _squashed(word)
    machine = draw(st.sampled_from(["localhost", "localhost.localdomain", "laptop.(none)", "ip-10-0-0-7.ec2.internal",
                                    "macbook-pro.local", "(none)", "192.168.0.7", "debian", "none"]))  # fmt: skip
    account = draw(st.sampled_from(["ubuntu", "vagrant", "pi", "ec2-user", "debian", "docker", "administrator"]))
    form = draw(st.sampled_from(["you", "user", "name", "your.email", "email", "me", "first.last"]))
    return draw(
        st.sampled_from([
            (word, f"{local}@{machine}"), (word, f"{local}@birk.example"), (word, ""), ("", f"{local}@{machine}"),
            ("", f"bo@{machine}"), (f"bo@{machine}", f"bo@{machine}"), (word, f"{word}@{'3f2a' * 4}"),
            (account.title(), f"{account}@{machine}"), ("", f"{form}@example.com"), ("Your Name", "you@example.com"),
            ("Your Name", f"{form}@domain.com"), ("Firstname Lastname", ""), ("Deleted User", ""), ("[deleted]", ""),
            (word.upper(), f"{local.upper()}@{machine.upper()}"),
        ])
    )  # fmt: skip


def _squashed(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalpha())


@given(placeholders())
def test_what_programs_set_for_nobody_is_nobody(shown: tuple[str, str]) -> None:
    assert judge("person", shown[0], "", shown[1]).kind in ("group", "bot")
    assert judge("unknown", shown[0], "", shown[1]).kind in ("group", "bot")


@pytest.mark.parametrize("name", [*sorted(words.PLACEHOLDERS | words.GONE), "User gelöscht", "Gelöschter User"])
def test_every_name_that_stands_for_nobody_is_understood(name: str) -> None:
    assert judge("person", name).kind == "group"


@pytest.mark.parametrize(
    ("name", "handle", "address"),
    [
        ("Ada Birk", "", "root@localhost"),
        ("Ada Birk", "", "ada@laptop.(none)"),
        ("kbirk", "", "kbirk@laptop.(none)"),
        ("Ada Birk", "", "you@example.com"),
        ("Unknown", "", "ada@birk.example"),
        ("Jennifer Null", "", "null@birk.example"),
        ("", "", "ada.birk@localhost"),
        ("root", "", "root@ada-laptop.(none)"),
        ("bo@lund.example", "", "@x@1"),
        ("", "", "p7@example.org"),
        ("", "", "kbirk@example.com"),
        ("", "", "a@x"),
        ("", "", "kbirk@test"),
        ("nobody", "nobody", ""),
        ("", "unknown", ""),
    ],
)
def test_whoever_says_who_they_are_is_somebody_whatever_the_program_set(name: str, handle: str, address: str) -> None:
    assert judge("person", name, handle, address).kind == "person"


@given(lists())
def test_a_list_is_told_by_its_address(shown: tuple[str, str]) -> None:
    name, address = shown
    assert judge("person", name, "", address).kind in ("group", "bot")


@given(PLACES, st.sampled_from(sorted(words.GROUPS)))
def test_a_group_without_an_address_is_told_by_its_name(place: str, ending: str) -> None:
    assert judge("person", f"{place.title()} Verification {ending.title()}").kind == "group"
    assert judge("person", f"open list:{place.upper()} DRIVERS").kind == "group"


@given(st.sampled_from(HUMANS), hosts(), st.data())
def test_humans_whose_names_look_like_robots_or_lists_stay_human(name: str, host: str, data: st.DataObject) -> None:
    first, last = name.lower().split()
    local = data.draw(st.sampled_from([first, f"{first}.{last}", first[0] + last, last, "info", "stable", "git-list"]))
    assert judge("person", name, "", f"{local}@{host}") == Judgment("person")
    assert judge("unknown", name) == Judgment("unknown")


@pytest.mark.parametrize(
    ("name", "address", "kind"),
    [
        ("Claude", "claude@marot.example", "person"),
        ("Claude", "noreply@assistant.example", "bot"),
        ("Claude", "ada+claude@birk.example", "bot"),
        ("Travis", "travis@cole.example", "person"),
        ("Travis", "build@ci.birk.example", "bot"),
        ("Jenkins", "jenkins@birk.example", "bot"),
        ("Jenkins", "tom.jenkins@birk.example", "person"),
        ("Ada Birk", "noreply@birk.example", "person"),
        ("Birk Weekly", "noreply@birk.example", "bot"),
        ("Ada Birk", "ada+claude@birk.example", "person"),
        ("Heiko Lund", "git-list@hlund.example", "person"),
        ("Christoph Kecht", "info@christoph-kecht.example", "person"),
        ("Anna", "info@anna.example", "person"),
        ("Moss", "info@moss.example", "group"),
        ("Ada Birk via dev", "dev@lists.birk.example", "person"),
        ("", "teskann.dev@gmail.com", "person"),
        ("Skylake", "7+Skylake-dev@users.noreply.github.com", "person"),
        ("GitHub", "noreply@github.com", "bot"),
        ("Mail Delivery Subsystem", "MAILER-DAEMON@mx.birk.example", "bot"),
        ("", "bo@birk.example", "person"),
        ("", "", "person"),
    ],
)
def test_evidence_is_weighed(name: str, address: str, kind: str) -> None:
    assert judge("person", name, "", address).kind == kind


@given(st.sampled_from(["o1-preview", "o3-mini", "O4-mini", "o3-mini-high", "OpenAI o1-pro", "Amazon Q",
                        "Amazon Q Developer", "amazon q developer (agent)"]), hosts())  # fmt: skip
def test_a_model_is_told_where_a_letter_makes_its_name(name: str, host: str) -> None:
    assert judge("person", name, "", f"ada@{host}") == Judgment("bot", "model")


@given(st.sampled_from(["Amazon Quill", "Mo3-mini Birk", "O Lund", "Q Birk", "o3", "O. Minier"]), hosts())
def test_letters_alone_make_no_model(name: str, host: str) -> None:
    assert judge("person", name, "", f"ada@{host}").kind == "person"


def test_what_the_network_knows_stands() -> None:
    assert judge("bot", "Ada Birk") == Judgment("bot", "network")
    assert judge("organization", "Acorn Bot") == Judgment("organization", "network")
    assert judge("person", "Jenkins", vouched=True) == Judgment("person", "network")


def test_an_address_that_any_source_names_as_a_list_is_a_list() -> None:
    assert judge("person", "Ada Birk", "", "ada@birk.example", is_list=True) == Judgment("group", "list")


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=60))
def test_any_text_can_be_judged(name: str, handle: str, address: str) -> None:
    assert judge("unknown", name, handle, address).kind in ("unknown", "bot", "group")


TOOLS = [
    "svn2git", "cvs2git", "git-svn", "bzr-to-git", "GopherBot", "triagebot", "pytorchmergebot", "PyTorch MergeBot",
    "tip-bot2", "tip-bot for Ada Birk", "bors-acorn", "acorn-dependabot", "my-mergify", "acorn-autoroll",
    "Acorn Submit Queue", "Bug Importer", "rust-timer", "rust-log-analyzer", "all-contributors", "ImgBotApp",
    "Weblate Translation Memory", "Devin AI", "Sweep AI", "goose-ai", "Roo Code", "Kilo Code", "Augment Code",
    "gemini-cli", "gemini-code-assist", "qwen-code", "Qwen Coder", "coderabbitai", "greptile-apps", "codegen",
    "PR-Agent", "SWE-agent", "kernel test robot", "0day robot", "Gerrit Bot", "Copybara-Service", "R. RyanTM",
    "A. Unique TensorFlower", "BrewTestBot", "Kubernetes Prow Robot", "homu", "pre-commit-ci", "v0",
    "0-day CI Linux Kernel Test Service", "Acorn Syncbot", "v8-ci-autoroll-builder", "Release Bot (ACORN)", "Acorn-CI",
    "Auto-merge", "automatic build", "CVS to git conversion script", "GitHub Action", "AI Assistant", "LLM code review",
    "JetBrains Junie", "xAI Grok", "Sourcegraph Cody", "Bolt.new", "Perplexity",
    "Launchpad Translations on behalf of acorn-team", "Do Not Reply", "No-Reply", "Launchpad Janitor", "pre-commit",
    "Lock File Maintenance", "Nightly Build", "gitlab-ci-token", "LLM", "aider (openrouter/claude)",
    "Jules (gemini)",
]  # fmt: skip


@pytest.mark.parametrize("name", TOOLS)
@given(hosts(), st.sampled_from(["ada", "x", "infra", "tools", "1234+acorn"]))
def test_a_tool_is_told_by_its_name_whatever_its_address(name: str, host: str, local: str) -> None:
    assert judge("person", name, "", f"{local}@{host}").kind == "bot"
    assert judge("unknown", "", name.replace(" ", "-")).kind == "bot"


AGENTS = [
    ("goose", "goose@block.example"), ("Cline", "cline@cline.bot"), ("Warp", "agent@warp.example"),
    ("Devin", "devin@cognition.example"), ("Jules", "noreply@birk.example"), ("Kiro", "ada+kiro@birk.example"),
    ("Amp", "amp@ampcode.example"), ("Droid", "droid@factory.example"), ("Claude Fable", "noreply@anthropic.com"),
    ("Kubernetes Submit Things", "k8s-merge-robot@users.noreply.github.com"), ("Sisyphus", "clio-agent@birk.example"),
    ("ReadmeCritic", "frankensteinbot@birk.example"), ("", "agent@birk.example"), ("Gemini", "gemini@google.com"),
    ("Jules", "jules@google.com"), ("Kiro", "kiro@amazon.com"), ("Junie", "junie@jetbrains.com"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "address"), AGENTS)
def test_a_name_that_humans_have_too_is_an_agents_where_the_address_says_so(name: str, address: str) -> None:
    assert judge("person", name, "", address).kind == "bot"


NAMESAKES = [
    ("Claude Monet", "claude@monet.example"), ("Claude Monet", "noreply@monet.example"), ("Devin Smith", "devin@x.org"),
    ("Anne Goose", "goose@goose.example"), ("Goose", "barry.goose@gmail.com"), ("Cline", "patsy.cline@gmail.com"),
    ("Jules Verne", "jules@verne.example"), ("Jules", "jules.k@gmail.com"), ("Cody Lee", "cody@lee.example"),
    ("Usain Bolt", "bolt@usain.example"), ("Sweep Johnson", "sweep@x.org"), ("Janos Bors", "bors@janos.example"),
    ("Leeroy Jenkins", "jenkins@x.org"), ("Sander Bot", "sander@x.org"), ("Grietje Bot", "grietje.bot@x.org"),
    ("ptalbot", "ptalbot@x.org"), ("srabot", "srabot@x.org"), ("Marc LeBot", "marc@lebot.example"),
    ("LeBot", "le@x.org"), ("Ci Chen", "ci.chen@x.org"), ("Ai Mori", "ai.mori@x.org"), ("Manus Kelly", "manus@x.org"),
    ("Roo", "roo@gmail.com"), ("windows-server-2003", "rin@x.org"), ("Oz Lund", "oz@x.org"),
    ("Kilo Wren", "kilo@wren.example"), ("ada-vercel", "ada@x.org"), ("snyk-tom", "tom@x.org"),
    ("say-please", "s@x.org"), ("Ada Birk (@ada)", "git@x.org"), ("Moss", "git@moss.example"),
    ("Nguyen Van Bot", "bot.nguyen@x.org"), ("Claude", "claude@birk.example"),
    ("Jules", "jules@birk.example"), ("Kiro Tanaka", "kiro@amazon.com"), ("Koji", "koji@x.org"), ("Xai", "xai@x.org"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "address"), NAMESAKES)
def test_a_human_is_no_tool_for_the_name_they_share(name: str, address: str) -> None:
    assert judge("person", name, "", address).kind == "person"
