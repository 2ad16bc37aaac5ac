"""What an e-mail address looks like in a text: found, blanked out; no file is read."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote

BLANK = "[erased]"
# `@` as a URL writes it, also encoded twice, and as JSON may.
AT = r"@|%(?:25)*40|\\+u0040"
_SIGN = re.compile(AT, re.IGNORECASE)
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+\Z")
_DOMAIN = re.compile(r"(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)+")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)+")
_SHOWN = re.compile(
    rf"[^\s/?=&#<>\"',;:|]+(?:{AT})[^\s/?=&#<>\"',;:|@]+\.[a-z]{{2,}}", re.I
)
_NUMBER = re.compile(r"(?:\+|%2B)\d(?:(?:[ ()./-]|%20)*\d){6,}")
# A cell that is an address and leaves no doubt about it, as most are.
_PLAIN = re.compile(r"\w[\w.-]*@(?:[^\W_]|-)+(?:\.[^\W_]+)+")
# Longest local part, each of its characters encoded twice.
_LONGEST = 64 * 5
# What stands before an address in a URL, and in no address that anybody has.
_BREAKS = re.compile(r"[=/?&#|{}]")
_LEADING = "!#$'*^`~.-"
_ESCAPED = re.compile(r"(?:[nrtbf]|u[0-9a-fA-F]{4})")


def normalised(address: str) -> str:
    """An address as it is compared: case and outer space say nothing."""
    return address.strip().lower()


def is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(normalised(text)) is not None


def addresses_in(text: str) -> set[str]:
    """Every address that a text may be read to hold, normalised.

    An encoded one is read as it was meant, and where more than one reading is
    possible (what stands before it may belong to it or not) all of them are given.
    """
    if _PLAIN.fullmatch(text):
        return {text.lower()}
    return {
        f"{local}@{domain}".lower()
        for before, sign, domain in _signs(text)
        for local in _locals(before, is_encoded=sign.startswith("%"))
    }


def blanked(text: str, addresses: Collection[str]) -> str | None:
    """The text without these addresses; none where they cannot be cut out of it."""
    for address in addresses:
        text = pattern_of(address).sub(BLANK, text)
    return None if addresses_in(text).intersection(addresses) else text


def masked(text: str) -> str:
    """A text to be shown, without anybody's address or number."""
    return _NUMBER.sub("[number]", _SHOWN.sub("[address]", text))


def pattern_of(address: str) -> re.Pattern[str]:
    """Matches an address in any writing, and not as the end of a longer one."""
    local, _, domain = address.partition("@")
    begins = (
        r"(?:(?<![\w.+'-])|(?<=%[0-9a-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4})"
        r"|(?<=[^\w][.'-])|(?<=\A[.'-]))"
    )
    named = "".join(map(_written, local))
    return re.compile(
        rf"{begins}{named}(?:{AT}){re.escape(domain)}(?![^\W_]|-[^\W_]|\.[^\W_])",
        re.IGNORECASE,
    )


def _written(character: str) -> str:
    """A character as such, or encoded for a URL, once or twice."""
    encoded = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode())
    return f"(?:{re.escape(character)}|{encoded})"


def _signs(text: str) -> Iterator[tuple[str, str, str]]:
    """What stands before each sign, the sign, and the domain behind it."""
    for sign in _SIGN.finditer(text):
        domain = _DOMAIN.match(text, sign.end())
        if domain is not None:
            begin = max(0, sign.start() - _LONGEST)
            yield text[begin : sign.start()], sign[0], domain[0].rstrip("-")


def _locals(before: str, *, is_encoded: bool) -> Iterator[str]:
    """The local parts that the end of a text may be read as."""
    found = _LOCAL.search(before)
    if found is None:
        return
    readings = {found[0]}
    if before[: found.start()].endswith("\\"):
        readings.add(_ESCAPED.sub("", found[0], count=1))
    for reading in [*readings]:
        once = unquote(reading)
        readings |= {_last_word(once), _last_word(unquote(once))}
    if is_encoded:
        readings |= {reading.rpartition("+")[2] for reading in readings}
    for reading in readings:
        for local in {reading, *_tails(reading)}:
            yield from {local, local.lstrip(_LEADING)} - {""}


def _last_word(text: str) -> str:
    found = _LOCAL.search(text)
    return found[0] if found else ""


def _tails(local: str) -> Iterator[str]:
    """What stands behind each break."""
    for found in _BREAKS.finditer(local):
        yield local[found.end() :]
