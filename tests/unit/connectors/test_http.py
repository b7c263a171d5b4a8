"""``context.http`` against a real server that fails on demand: what it asks, what it refuses, how it waits."""

import gzip
import socket
import ssl
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors import (
    Basic,
    Bearer,
    Egress,
    Fatal,
    Forbidden,
    Http,
    KeyHeader,
    Limits,
    LocalLimiter,
    Manners,
    Missing,
    Rate,
    Reauthorize,
    Refused,
    Retry,
    Secret,
)
from kith.connectors._waits import asks_to_wait, rest_of, wait_of
from kith.connectors._wire import Network
from kith.connectors.testing import FakeClock, FaultServer, Given, given_json

HERE = Egress(("127.0.0.1",))
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
TOKEN = "tok-4f9a1c77"


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    http = Http(HERE, clock=FakeClock())
    yield http
    await http.close()


def slept(http: Http) -> list[float]:
    clock = http._clock
    assert isinstance(clock, FakeClock)
    return clock.slept


async def test_an_answer_is_read_whole_and_named_by_its_validators(server: FaultServer, http: Http) -> None:
    server.on("/", Given(body="é".encode() * 50_000, headers={"ETag": '"1"', "Last-Modified": "x"}, packed=True))
    first = await http.get(server.url("/?a=1"), params={"b": True, "c": None, "d": "ä b"})
    assert (first.status, first.text, first.unchanged) == (200, "é" * 50_000, False)
    assert server.asked[0].query == {"a": "1", "b": "true", "d": "ä b"}
    server.on("/", Given(304))
    again = await http.get(server.url(), since=first.validators)
    assert again.unchanged
    assert (server.asked[1].headers["if-none-match"], server.asked[1].headers["if-modified-since"]) == ('"1"', "x")
    assert (http.traffic.requests, http.traffic.unchanged) == (2, 1)


async def test_json_comes_with_its_type_a_mark_or_a_reason(server: FaultServer, http: Http) -> None:
    server.on("/", Given(body=b'\xef\xbb\xbf{"a": [1]}'), Given(body=b'{"a": [1'), Given(body=b"<html>"))
    assert (await http.get(server.url())).json(dict[str, list[int]]) == {"a": [1]}
    for _ in range(2):
        with pytest.raises(Retry, match="something else than JSON"):
            (await http.get(server.url())).json()


# Where a source may go.


@pytest.mark.parametrize(
    ("hosts", "url", "allowed"),
    [
        (("api.example.org",), "https://api.example.org/x", True),
        (("api.example.org",), "https://API.Example.org./x", True),
        (("api.example.org",), "https://api.example.org.evil.net/", False),
        (("*.example.org",), "https://a.b.example.org/", True),
        (("*.example.org",), "https://example.org/", False),
        (("*.example.org",), "https://badexample.org/", False),
        (("*",), "https://anything.example/", True),
        ((), "https://example.org/", False),
        (("*",), "ftp://example.org/", False),
        (("*",), "file:///etc/passwd", False),
        (("*",), "https://name:hunter2@example.org/", False),
        (("*",), "https://example.org:99999/", False),
        (("*",), "https://[::1/", False),
        (("*",), "https:///path", False),
        (("*",), "http://2130706433/", False),
        (("*",), "http://0x7f.1/", False),
        (("*",), "http://[::ffff:127.0.0.1]/", False),
        (("*",), "http://[64:ff9b::a00:1]/", False),
        (("*",), "http://169.254.169.254/latest/meta-data", False),
        (("*",), "http://localhost./", False),
    ],
)
def test_a_source_asks_hosts_that_it_may_ask_and_no_others(hosts: tuple[str, ...], url: str, allowed: bool) -> None:
    egress = Egress(hosts, Limits(private_addresses=False))
    if allowed:
        egress.check(url)
    else:
        with pytest.raises(Forbidden) as caught:
            egress.check(url)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("target", ["http://localhost:{port}/in", "http://127.0.0.1:{port}/in", "http://10.0.0.1/"])
async def test_a_redirect_into_a_private_network_is_refused(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr("kith.connectors._limits._is_private", lambda address: str(address) == "10.0.0.1")
    server.on("/", Given(302, headers={"location": target.format(port=server.port)}))
    server.on("/in", Given(body=b"secret"))
    http = Http(Egress(("*",), Limits(private_addresses=False)), clock=FakeClock())
    try:
        if "127" in target:  # here that is an open address
            assert (await http.get(server.url())).body == b"secret"
        else:
            with pytest.raises(Forbidden, match="private network"):
                await http.get(server.url())
            assert [asked.path for asked in server.asked] == ["/"]
    finally:
        await http.close()


async def test_a_name_whose_answer_changes_is_looked_up_once_and_kept_to(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second answer is private: whoever asked again would go there."""
    answers = iter(["93.184.216.34", "10.0.0.7"])
    asked, reached = [], []

    def look_up(host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    import httpcore2

    connect = httpcore2.AnyIOBackend.connect_tcp

    async def record(self: Any, host: str, port: int, *rest: Any) -> Any:
        reached.append(host)
        return await connect(self, "127.0.0.1", server.port, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", record)
    server.on("/", Given(body=b"one", headers={"connection": "close"}))
    http = Http(Egress(("rebind.example",), Limits(private_addresses=False)), clock=FakeClock())
    assert (await http.get("http://rebind.example/")).body == b"one"
    assert (asked, reached) == (["rebind.example"], ["93.184.216.34"])
    with pytest.raises(Forbidden):
        await http.get("http://rebind.example/")
    assert reached == ["93.184.216.34"]
    await http.close()


async def test_credentials_go_to_the_host_they_are_for_and_no_further(server: FaultServer) -> None:
    async with FaultServer() as other:
        other.on("/", Given(body=b"other"))
        server.on("/away", Given(307, headers={"location": other.url()}))
        server.on("/near", Given(307, headers={"location": "/here"}))
        server.on("/here", Given(body=b"here"))
        http = Http(HERE, clock=FakeClock())
        for auth in (Bearer(Secret(TOKEN)), Basic("ada", Secret(TOKEN)), KeyHeader("Private-Token", Secret(TOKEN))):
            assert (await http.get(server.url("/near"), auth=auth)).body == b"here"
            [sent] = [name for name in ("authorization", "private-token") if name in server.asked[-1].headers]
            assert (await http.get(server.url("/away"), auth=auth, headers={"X-Key": TOKEN})).body == b"other"
            assert not {sent, "x-key"} & other.asked[-1].headers.keys()
        await http.close()


async def test_redirects_end_and_change_a_post_as_browsers_do(server: FaultServer, http: Http) -> None:
    server.on("/around", Given(302, headers={"location": "/around"}))
    with pytest.raises(Fatal, match="points on and on"):
        await http.get(server.url("/around"))
    server.on("/other", Given(303, headers={"location": "/end"}))
    server.on("/same", Given(308, headers={"location": "/end"}))
    server.on("/end", Given())
    for path, then in (("/other", ("GET", b"")), ("/same", ("POST", b'{"a":1}'))):
        await http.post(server.url(path), json={"a": 1})
        assert (server.asked[-1].method, server.asked[-1].body) == then


# How much and how long.


def _bomb(size: int) -> bytes:
    return gzip.compress(bytes(size), 9, mtime=0)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * 2000, {}),
        (_bomb(50_000_000), {"content-encoding": "gzip"}),
        (_bomb(600) + _bomb(600), {"content-encoding": "x-gzip"}),
        (zlib.compress(bytes(100_000)), {"content-encoding": "deflate"}),
        (b"x" * 2000, {"content-encoding": "br"}),
        (b"x" * 2000, {"content-encoding": "gzip, gzip"}),
    ],
)
async def test_an_answer_beyond_its_bound_is_refused(
    server: FaultServer, http: Http, body: bytes, headers: dict[str, str]
) -> None:
    server.on("/", Given(body=body, headers=headers))
    with pytest.raises(Fatal, match=r"1,000 bytes|for which nobody asked"):
        await http.get(server.url(), max_bytes=1000)
    assert http.traffic.bytes == 0


async def test_an_answer_of_just_the_bound_is_read(server: FaultServer, http: Http) -> None:
    server.on("/", Given(body=bytes(1000)), Given(body=bytes(1000), packed=True))
    for _ in range(2):
        assert len((await http.get(server.url(), max_bytes=1000)).body) == 1000


async def test_a_slow_drip_ends(server: FaultServer) -> None:
    server.on("/", Given(body=b"x" * 10_000, drip=0.05))
    http = Http(HERE, clock=FakeClock(), manners=Manners(total_seconds=0.2, tries=2))
    with pytest.raises(Retry, match=r"longer than 0\.2 seconds"):
        await http.get(server.url())
    assert http.traffic.requests == 2
    await http.close()


@pytest.mark.parametrize("fault", [Given(body=b"x" * 1000, cut=True), Given(body=b"x" * 9000, cut=True, packed=True)])
async def test_a_line_that_drops_is_tried_again(server: FaultServer, http: Http, fault: Given) -> None:
    server.on("/", fault, fault, Given(body=b"whole"))
    assert (await http.get(server.url())).body == b"whole"
    assert http.traffic.repeats == 2


async def test_a_post_that_may_have_arrived_is_not_sent_twice(server: FaultServer, http: Http) -> None:
    server.on("/", Given(body=b"x" * 1000, cut=True), Given(500), Given(429), Given(body=b"done"))
    for reason in ("broke off", "answered 500"):
        with pytest.raises(Retry, match=reason):
            await http.post(server.url(), json={})
    assert (await http.post(server.url(), json={})).body == b"done"  # a 429 was not carried out
    server.first(Given(500))
    assert (await http.post(server.url(), json={}, repeat=True)).body == b"done"


async def test_nobody_listening_is_tried_again_for_a_while(http: Http) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Retry, match="could not be reached"):
        await http.post(f"http://127.0.0.1:{port}/", json={})
    assert 1 <= http.traffic.repeats <= 5
    assert sum(slept(http)) <= http.manners.patience


@pytest.mark.parametrize("status", [408, 420, 425, 429, 500, 502, 503, 504, 599])
async def test_what_passes_is_tried_again(server: FaultServer, http: Http, status: int) -> None:
    server.on("/", Given(status), Given(status), Given(body=b"there"))
    assert (await http.get(server.url())).body == b"there"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Given(400), Fatal),
        (Given(401), Reauthorize),
        (Given(403), Refused),
        (Given(404), Missing),
        (Given(410), Missing),
        (Given(422), Fatal),
        (Given(451), Refused),
        (Given(501), Fatal),
    ],
)
async def test_each_refusal_says_what_to_do(
    server: FaultServer, http: Http, answer: Given, error: type[Exception]
) -> None:
    server.on("/", answer)
    with pytest.raises(error, match=str(answer.status)) as caught:
        await http.get(server.url("/?key=abc"))
    assert type(caught.value) is error
    assert "abc" not in str(caught.value)
    assert (await http.get(server.url(), allow=(answer.status,))).status == answer.status
    assert http.traffic.repeats == 0


async def test_what_a_server_says_of_its_refusal_is_told_without_secrets(server: FaultServer, http: Http) -> None:
    server.on("/", given_json({"message": f"The token {TOKEN} lacks the scope repo\n."}, 403))
    with pytest.raises(Refused, match=r"answers 403: The token ••• lacks the scope repo") as caught:
        await http.get(server.url(), auth=Bearer(Secret(TOKEN)))
    assert TOKEN not in repr(caught.value)


async def test_a_secret_within_an_address_is_hidden(server: FaultServer) -> None:
    http = Http(HERE, clock=FakeClock(), secrets=[TOKEN])
    with pytest.raises(Missing, match=r"/bot•••/getUpdates answers 404"):
        await http.get(server.url(f"/bot{TOKEN}/getUpdates"))
    await http.close()


# How long a server asks to wait.

_SECONDS = st.integers(1, 600)


def _forms(seconds: int, now: datetime) -> list[tuple[dict[str, str], bytes]]:
    then = now + timedelta(seconds=seconds)
    epoch = str(int(then.timestamp()))
    ms = str(int(then.timestamp() * 1000))
    return [
        ({"retry-after": str(seconds)}, b""),
        ({"retry-after": f"{seconds}.0"}, b""),
        ({"retry-after": f"{seconds}s"}, b""),
        ({"retry-after": format_datetime(then, usegmt=True)}, b""),
        ({"retry-after": epoch}, b""),
        ({"retry-after-ms": str(seconds * 1000)}, b""),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": epoch}, b""),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": ms}, b""),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(seconds)}, b""),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": then.isoformat()}, b""),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": then.isoformat().replace("+00:00", "Z")}, b""),
        ({"x-rate-limit-reset": epoch}, b""),
        ({"ratelimit-remaining": "0", "ratelimit-reset": str(seconds)}, b""),
        ({"ratelimit": f"limit=100, remaining=0, reset={seconds}"}, b""),
        ({"ratelimit": f'"default";r=0;t={seconds}'}, b""),
        ({"ratelimit": f'"minute";r=5;t=1, "day";r=0;t={seconds}'}, b""),
        ({"x-ratelimit-reset-after": f"{seconds}.000"}, b""),
        ({}, msgspec.json.encode({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": seconds * 1000})),
        ({}, msgspec.json.encode({"message": "You are being rate limited.", "retry_after": float(seconds)})),
        ({}, msgspec.json.encode({"ok": False, "parameters": {"retry_after": seconds}})),
        ({}, msgspec.json.encode({"backoff": seconds, "error_id": 502})),
    ]  # fmt: skip


@given(_SECONDS, st.integers(-86400, 86400), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_form_of_waiting_is_understood(seconds: int, skew: int, tells_time: bool) -> None:
    """Whatever the server's clock shows, as long as it shows it."""
    theirs = NOW + timedelta(seconds=skew if tells_time else 0)
    for headers, body in _forms(seconds, theirs):
        date = {"date": format_datetime(theirs, usegmt=True)} if tells_time else {}
        assert wait_of(headers | date, body, NOW) == pytest.approx(seconds, abs=1), (headers, body)


@given(st.text(max_size=40), st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_nonsense_asks_for_no_wait_and_breaks_nothing(text: str, body: bytes) -> None:
    headers = dict.fromkeys(("retry-after", "x-ratelimit-reset", "ratelimit", "date", "x-ratelimit-remaining"), text)
    for found in (wait_of(headers, body, NOW), rest_of(headers, NOW)):
        assert found is None or found >= 0
    asks_to_wait(headers, body)


@pytest.mark.parametrize(
    ("headers", "body", "waits"),
    [
        ({"retry-after": "60"}, b"", True),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1796000000"}, b"", True),
        ({}, b'{"message": "You have exceeded a secondary rate limit."}', True),
        ({}, b'{"error": {"errors": [{"reason": "quotaExceeded"}]}}', True),
        ({"x-ratelimit-remaining": "4999", "x-ratelimit-reset": "1796000000"}, b"", False),
        ({}, b'{"message": "Resource not accessible by integration"}', False),
    ],
)
async def test_a_403_is_a_limit_or_a_refusal(
    server: FaultServer, http: Http, headers: dict[str, str], body: bytes, waits: bool
) -> None:
    server.on("/", Given(403, body, headers))
    with pytest.raises(Retry if waits else Refused):
        await http.get(server.url())


async def test_a_short_wait_is_waited_and_a_long_one_ends_the_run(server: FaultServer, http: Http) -> None:
    server.on("/", Given(429, headers={"retry-after": "7"}), Given(429, headers={"retry-after": "3600"}))
    with pytest.raises(Retry) as caught:
        await http.get(server.url())
    assert caught.value.after == timedelta(seconds=3600)
    assert 7 <= sum(slept(http)) <= 8.1
    with pytest.raises(Retry, match="may be asked again in 3"):
        await http.get(server.url())
    assert len(server.asked) == 2, "a server that has asked for peace gets it"


async def test_a_moment_that_has_passed_means_now(server: FaultServer, http: Http) -> None:
    server.on("/", Given(429, headers={"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}), Given(body=b"ok"))
    assert (await http.get(server.url())).body == b"ok"
    assert sum(slept(http)) <= 1


async def test_a_limit_that_is_used_up_is_waited_for_before_the_next_request(server: FaultServer, http: Http) -> None:
    server.on(
        "/", Given(headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "9", "ratelimit": "r=0;t=9"})
    )
    await http.get(server.url())
    assert slept(http) == []
    await http.get(server.url())
    assert sum(slept(http)) == pytest.approx(9, abs=0.1)


async def test_a_pause_that_a_body_asks_for_is_kept(server: FaultServer, http: Http) -> None:
    server.on("/", given_json({"backoff": 10}))
    answer = await http.get(server.url())
    await http.rest(answer.url, answer.json()["backoff"])
    await http.get(server.url())
    assert sum(slept(http)) == pytest.approx(10, abs=0.1)


# Declared rates.


@given(st.integers(1, 20), st.floats(0.5, 60), st.integers(1, 20), st.lists(st.floats(0, 30), min_size=2, max_size=60))
@settings(max_examples=100, deadline=None)
def test_a_rate_is_kept_over_any_window_and_no_time_is_wasted(
    requests: int, seconds: float, burst: int, gaps: list[float]
) -> None:
    import asyncio

    async def times() -> list[float]:
        clock = FakeClock()
        limiter = LocalLimiter(clock)
        sent: list[float] = []
        rate = Rate(requests, seconds, burst=burst)
        for gap in gaps:
            await clock.sleep(gap)
            wait = await limiter.take("k", rate, 1e9)
            assert wait == 0 or len(sent) >= burst, "the first ones wait for nobody"
            await clock.sleep(wait)
            sent.append(clock.seconds())
        return sent

    sent = asyncio.run(times())
    for first in range(len(sent)):
        for last in range(first + burst, len(sent)):
            span = sent[last] - sent[first]
            assert last - first + 1 <= burst + span * requests / seconds + 1e-6


@pytest.mark.parametrize(("per", "expected"), [("source", 0.0), ("connector", 10.0), ("host", 10.0)])
async def test_a_rate_holds_for_what_shares_it(server: FaultServer, per: Any, expected: float) -> None:
    server.on("/", Given())
    clock = FakeClock()
    limiter = LocalLimiter(clock)
    for source in ("one", "two"):
        http = Http(HERE, [Rate(1, 10, per)], source=source, limiter=limiter, clock=clock)
        await http.get(server.url())
        await http.close()
    assert sum(clock.slept) == pytest.approx(expected, abs=0.1)


async def test_a_rate_of_a_path_leaves_other_paths_alone(server: FaultServer) -> None:
    for path in ("/search", "/items"):
        server.on(path, Given())
    clock = FakeClock()
    http = Http(HERE, [Rate(1, 30, paths="/search")], clock=clock)
    for path in ("/search", "/items", "/items"):
        await http.get(server.url(path))
    assert sum(clock.slept) == 0
    await http.get(server.url("/search"))
    assert sum(clock.slept) == pytest.approx(30, abs=0.1)
    http.manners = Manners(patience=20)
    with pytest.raises(Retry, match="may be asked again"):
        await http.get(server.url("/search"))
    await http.close()


def test_no_network_library_is_imported_before_the_first_request() -> None:
    program = (
        "import sys, kith.connectors, kith.connectors.testing\n"
        "kith.connectors.Http()\n"
        "print(*{m.partition('.')[0] for m in sys.modules} & {'httpx2', 'httpcore2', 'anyio', 'h11', 'truststore'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("lie", ["signed by itself", "of another host", "expired"])
async def test_a_certificate_that_does_not_hold_ends_the_run_with_its_reason(lie: str, tmp_path: Path) -> None:
    trust = certify(tmp_path, "other.example" if lie == "of another host" else "localhost", expired=lie == "expired")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with FaultServer(served) as server:
        server.on("/", Given(body=b"hello"))
        egress = Egress(("localhost",))
        wire = Network(egress.limits, Manners(), None if lie == "signed by itself" else trust)
        http = Http(egress, clock=FakeClock(), wire=wire)
        with pytest.raises(Fatal, match="The certificate of https://localhost"):
            await http.get(f"https://localhost:{server.port}/")
        assert server.asked == []
        await http.close()


async def test_a_certificate_that_holds_is_taken(tmp_path: Path) -> None:
    trust = certify(tmp_path, "localhost")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with FaultServer(served) as server:
        server.on("/", Given(body=b"hello"))
        http = Http(Egress(("localhost",)), clock=FakeClock(), wire=Network(Limits(), Manners(), trust))
        assert (await http.get(f"https://localhost:{server.port}/")).body == b"hello"
        await http.close()


def certify(folder: Path, host: str, *, expired: bool = False) -> ssl.SSLContext:
    """Write a certificate and its key; return what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    start = datetime.now(UTC) - timedelta(days=20)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=10 if expired else 60))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    trust = ssl.create_default_context(cadata=pem.decode())
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT  # newer Pythons ask for more than a test needs
    return trust
