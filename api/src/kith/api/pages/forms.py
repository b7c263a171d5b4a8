"""Forms: read as strictly as JSON bodies, and only where they come from a page of ours."""

import hmac
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar.connection import Request

from kith.api.http.problems import Problem
from kith.api.pages import cookies

FIELD = "form_key"
_MOST_FIELDS = 50
_ENCODING = "application/x-www-form-urlencoded"

Form = TypeVar("Form", bound=msgspec.Struct)


class NoFields(msgspec.Struct, frozen=True):
    """A form that is only a button."""


async def read_form(request: Request[Any, Any, Any], kind: type[Form]) -> Form:
    """Return the fields of a form as a struct; all are text. A field that is given several times is the last.

    Raises Problem: ``forged_form`` where it does not carry the key that pages of this browser have, ``invalid_body``.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _ENCODING:
        raise Problem("unsupported_media_type", f"Forms are sent as {_ENCODING}.")
    try:
        text = (await request.body()).decode()
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError as error:
        raise Problem("invalid_body", "The form cannot be read.") from error
    _check_key(request, fields.pop(FIELD, ""))
    if any("\x00" in value for value in fields.values()):
        raise Problem("invalid_body", "The form contains U+0000.")
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem("invalid_body", f"{error}.") from error


def _check_key(request: Request[Any, Any, Any], given: str) -> None:
    known = cookies.visitor(request)
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if known is None or elsewhere or not hmac.compare_digest(given.encode(), cookies.form_key(known).encode()):
        raise Problem("forged_form")
