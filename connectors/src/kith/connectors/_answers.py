"""What a server answered."""

from typing import Any, TypeVar

import msgspec

from kith.connectors._errors import Fatal, Retry
from kith.connectors._exchange import place_of

T = TypeVar("T")


class Validators(msgspec.Struct, frozen=True, omit_defaults=True):
    """What names the version of a page: keep it in the cursor, and give it back to ask whether there is a newer one."""

    etag: str | None = None
    last_modified: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """A whole answer. url: where it came from in the end. headers: by lower-case name, repeated ones with commas."""

    status: int
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def unchanged(self) -> bool:
        """Whether the page is still the one that the validators name; the body is empty then."""
        return self.status == 304

    @property
    def validators(self) -> Validators:
        return Validators(self.headers.get("etag"), self.headers.get("last-modified"))

    @property
    def text(self) -> str:
        """The body in the character set that its header names, or in UTF-8; what does not fit is replaced."""
        _, _, named = self.headers.get("content-type", "").partition("charset=")
        try:
            return self.body.decode(named.partition(";")[0].strip(" \"'") or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self, type: type[T] | Any = Any) -> T | Any:  # noqa: A002 - as msgspec names it
        """Decode the body, without a byte order mark.

        Raises Retry where it breaks off or is no JSON, Fatal where it is of another shape than ``type``. A list whose
        items may be of another shape one by one is ``list[msgspec.Raw]``: decode each, and make a Skip of what fails.
        """
        try:
            return msgspec.json.decode(self.body.removeprefix(b"\xef\xbb\xbf"), type=type)
        except msgspec.ValidationError as error:
            raise Fatal(f"{place_of(self.url)} answered JSON of another shape: {error}.") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Retry(f"{place_of(self.url)} answered something else than JSON: {error}.") from error
