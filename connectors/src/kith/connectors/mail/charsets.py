"""Text from bytes whose label says little: the names that programs write, and what they mean by them."""

import re
from codecs import lookup
from contextlib import suppress
from functools import lru_cache

import webencodings  # type: ignore[import-untyped] # it has no types

#: Charsets whose name also stands for the larger ones that programs write.
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949",
    "shift_jis": "cp932", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874", "big5": "cp950",
    "iso2022_jp": "iso2022_jp_ext",
}  # fmt: skip
#: Such labels are given to anything.
_VAGUE = {"ascii", "iso8859-1", "cp1252"}
#: Names that neither table has.
_OTHER_NAMES = {
    "utf8mb4": "utf-8", "mac-ce": "mac-latin2", "mac-centraleurroman": "mac-latin2", "iso-2022-jp-ms": "iso2022_jp_ext",
    "ia5": "ascii", "iso-646-us": "ascii", "dos-862": "cp862", "csutf8": "utf-8", "ucs-4": "utf-32",
}  # fmt: skip
_SLOW = {"idna", "punycode"}  # no charsets, and quadratic
_CODE_PAGE = re.compile(r"(?:x-)?(?:ansi|cp|dos|ibm|microsoft|ms|oem|pc|win|windows)?(?:-cp|-)?(\d{3,5})(?:l|-bom)?")
_MACINTOSH = re.compile(r"(?:x-)?mac(?:intosh)?-?([a-z]*)")
_ISO = re.compile(r"(?:x-)?(?:iso)?-?(8859)-?(\d{1,2})(?:-[ei])?")
#: What ISO-2022-CN shifts out of ASCII: no decoder is kept, and the Web's table too replaces it.
_CHINESE = re.compile(rb"\x1b\$[)*+].|\x1b[NO]..|\x0e[^\x0f\n]*\x0f?|\x0f", re.DOTALL)
_UNREADABLE = {"iso-2022-cn", "iso-2022-cn-ext"}
_JAPANESE_ESCAPE = re.compile(rb"\x1b(\$[@B]|\([BJI])")


def decoded(data: bytes, *labels: str | None) -> str:
    """Return the text, in the first charset that it can be in: the labels' in turn, UTF-8, Windows' Latin-1."""
    for label in (*labels, "utf-8"):
        if not _UNREADABLE.isdisjoint(_readings((label or "").lower())) and _CHINESE.search(data):
            data = _CHINESE.sub("\ufffd".encode(), data)
        for codec in _codecs(label or ""):
            with suppress(LookupError, ValueError):
                return data.decode(codec).replace("\0", "")
    return data.decode("cp1252", errors="replace").replace("\0", "")


def raw_header(data: bytes, label: str | None) -> str:
    """Return the text of a header that does not say what it is in; label: the charset of the mail's text."""
    if _JAPANESE_ESCAPE.search(data):
        return decoded(data, "iso-2022-jp")
    return decoded(data, "utf-8", label)


@lru_cache(maxsize=1000)
def _codecs(label: str) -> tuple[str, ...]:
    """Return what text labeled so may be in; none where the label has no meaning."""
    for name in _readings(label.strip(" \t\"'").lower()):
        codec = _codec(name)
        if codec and codec not in _SLOW:
            wider = _WIDER.get(codec, codec)
            return ("utf-8", wider) if codec in _VAGUE else (wider, codec)
    return ()


def _readings(label: str) -> tuple[str, ...]:
    """Return the label, and other names for what it can only mean."""
    label = label.removeprefix("charset=").partition(";")[0].strip(" \t\"'")
    plain = label.replace("_", "-").replace(" ", "-")
    bare = plain.removeprefix("x-")
    found = [label, plain, bare, _OTHER_NAMES.get(bare, "")]
    if match := _CODE_PAGE.fullmatch(plain):
        found.append(f"cp{match[1]}")
    if match := _ISO.fullmatch(plain):
        found.append(f"iso-8859-{match[2]}")
    if match := _MACINTOSH.fullmatch(plain):
        found.append(f"mac-{match[1] or 'roman'}")
    return tuple(found)


def _codec(name: str) -> str | None:
    """Return Python's name for what a charset's name means, by Python's own table, else by that of the Web."""
    with suppress(LookupError, ValueError):
        return lookup(name).name
    found = webencodings.lookup(name)
    return found.codec_info.name if found else None
