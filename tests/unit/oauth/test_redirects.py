import pytest

from kith.domain.redirects import allows, fault, origin_fault

RIGHT = [
    "https://app.example/callback",
    "https://app.example",
    "https://app.example:8443/callback?tenant=7",
    "https://xn--bcher-kva.example/cb",
    "https://203.0.113.9/cb",
    "http://127.0.0.1/cb",
    "http://127.0.0.1:8765/cb",
    "http://[::1]:8765/cb",
    "http://localhost:3000/oauth/callback",
    "com.example.app:/callback",
    "com.example.my-app:/cb?from=kith",
]

TRICKS = [
    "",
    "/callback",
    "app.example/callback",
    "//app.example/callback",
    "https:app.example/callback",
    "https:/app.example/callback",
    "https:///callback",
    "https://",
    "https://?x=1",
    "http://app.example/callback",  # not encrypted
    "http://10.0.0.1/callback",
    "http://127.0.0.2/callback",
    "http://127.1/callback",
    "http://2130706433/callback",
    "http://0.0.0.0/callback",
    "http://localhost.evil.example/callback",
    "http://localhost@evil.example/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://[0:0:0:0:0:0:0:1]/callback",  # not as it is written
    "https://[::1/callback",
    "https://[::1%25eth0]/callback",
    "https://user@app.example/callback",
    "https://user:secret@app.example/callback",
    "https://app.example@evil.example/callback",
    "https://app.example\\@evil.example/callback",
    "https:\\\\app.example\\callback",
    "https://app.example/callback#",
    "https://app.example/callback#token",
    "https://*.example/callback",
    "https://app.example/*",
    "https://app.example/callback\n",
    "https://app.example/callback\r\nLocation: https://evil.example",
    "https://app.example/call back",
    " https://app.example/callback",
    "https://app.example/callback\t",
    "https://app.example/callback\x00",
    "https://app.example/callback%00",
    "https://app.example/callback%0d%0aSet-Cookie:x",
    "https://app.example/%",
    "https://app.example/%zz",
    "https://app.example/../callback",
    "https://app.example/a/./callback",
    "https://app.example/%2e%2e/callback",
    "https://app.example/%2E%2E%2fcallback",
    "https://app.example/a%5ccallback",
    "https://APP.example/callback",
    "https://app.example./callback",
    "https://app..example/callback",
    "https://-app.example/callback",
    "https://büro.example/callback",
    "https://app.example:/callback",
    "https://app.example:0/callback",
    "https://app.example:65536/callback",
    "https://app.example:443x/callback",
    "https://app.example:080/callback",
    "https://app.example/callback?code=1",
    "https://app.example/callback?x=1&state=2",
    "https://app.example/callback?iss=https://evil.example",
    'https://app.example/"><script>',
    "https://app.example/{callback}",
    "HTTPS://app.example/callback",
    "javascript:alert(1)",
    "data:text/html,hello",
    "file:///etc/passwd",
    "ftp://app.example/callback",
    "urn:ietf:wg:oauth:2.0:oob",
    "myapp:/callback",  # anybody may take it
    "com.example.app://callback",
    "com.example.app://evil.example/callback",
    "com.example.app:callback",
    "Com.Example.App:/callback",
    "com..app:/callback",
    "https://app.example/" + "a" * 2000,
]


@pytest.mark.parametrize("uri", RIGHT)
def test_what_is_right_may_be_registered_and_asked_for(uri: str) -> None:
    assert fault(uri) is None
    assert allows([uri], uri)


@pytest.mark.parametrize("uri", TRICKS, ids=range(len(TRICKS)))
def test_a_trick_is_neither_registered_nor_followed(uri: str) -> None:
    assert fault(uri)
    assert not allows([uri, *RIGHT], uri)


@pytest.mark.parametrize(
    "asked",
    [
        "https://app.example/callback/",
        "https://app.example/callback?x=1",
        "https://app.example:443/callback",
        "https://app.example:8443/callback",
        "https://app.example/Callback",
        "https://app.example/callback/../callback",
        "https://app.example.evil.example/callback",
        "https://evil.example/?https://app.example/callback",
        "http://127.0.0.1:1234/other",
        "http://localhost/cb",
        "http://[::1]/cb",
        "https://127.0.0.1/cb",
    ],
)
def test_only_letter_by_letter_does_a_request_name_what_was_registered(asked: str) -> None:
    assert not allows(["https://app.example/callback", "http://127.0.0.1/cb"], asked)


@pytest.mark.parametrize("asked", ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"])
@pytest.mark.parametrize("registered", ["http://127.0.0.1/cb", "http://127.0.0.1:8765/cb"])
def test_the_port_of_ones_own_machine_is_free(registered: str, asked: str) -> None:
    assert allows([registered], asked)


@pytest.mark.parametrize("origin", ["https://app.example", "https://app.example:8443", "http://localhost:3000"])
def test_an_origin_is_a_scheme_a_host_and_a_port(origin: str) -> None:
    assert origin_fault(origin) is None


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://app.example/", "https://app.example/x", "https://*.example", "http://app.example",
     "https://app.example?x", "com.example.app:/", "https://u@app.example"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(origin: str) -> None:
    assert origin_fault(origin)
