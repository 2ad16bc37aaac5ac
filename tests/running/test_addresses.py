"""Where a text names an address, and what is left of it when it is blanked."""

import pytest

from dagster_project.addresses import addresses_in, blanked, is_address

JANE = "jane@example.com"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("jane@example.com", "[erased]"),
        (" Jane@Example.COM ", " [erased] "),
        ("Write to jane@example.com.", "Write to [erased]."),
        ("<jane@example.com>, (Jane)", "<[erased]>, (Jane)"),
        ("mailto:jane@example.com", "mailto:[erased]"),
        ("a|b|jane@example.com", "a|b|[erased]"),
        ("'jane@example.com' wrote", "'[erased]' wrote"),
        ("/thanks?email=jane%40example.com&a=1", "/thanks?email=[erased]&a=1"),
        ("x%3Femail%3Djane%2540example.com", "x%3Femail%3D[erased]"),
        ("%6aane%40example.com", "[erased]"),
        (r'{"note":"Hello\njane@example.com"}', r'{"note":"Hello\n[erased]"}'),
        (r"\u003cjane\u0040example.com\u003e", r"\u003c[erased]\u003e"),
        ("q=mail+jane%40example.com", None),
    ],
)
def test_an_address_is_found_in_any_writing(text: str, left: str | None) -> None:
    assert JANE in addresses_in(text)
    assert blanked(text, [JANE]) == left


@pytest.mark.parametrize(
    "text",
    [
        "maryjane@example.com",
        "mary.jane@example.com",
        "jane+roof@example.com",
        "o'jane@example.com",
        "jane@example.com.br",
        "jane@example.community",
        "jane@mail.example.com",
        "jane@ example.com",
    ],
)
def test_a_longer_address_is_another_ones(text: str) -> None:
    assert JANE not in addresses_in(text)
    assert blanked(text, [JANE]) == text


def test_a_long_text_without_an_address_is_read_in_no_time() -> None:
    assert addresses_in("a" * 3_000_000) == set()
    assert addresses_in("a@" * 100_000) == set()


def test_what_is_typed_has_to_be_an_address() -> None:
    assert is_address(" Jane@Example.com ")
    assert not any(map(is_address, ["", "jane", "jane@", "@example.com", "a b@c.de"]))
