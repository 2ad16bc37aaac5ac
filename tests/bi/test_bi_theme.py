"""The theme: two palettes with the same roles, readable on their own paper."""

import pytest

from dagster_project.bi import theme


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
def test_text_can_be_read_on_page_and_card(palette):
    for ground in (palette.paper, palette.card):
        for text in (palette.ink, palette.muted, palette.accent, palette.alarm):
            assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
def test_the_ramp_runs_one_way_in_lightness(palette):
    lightness = [luminance(step) for step in palette.steps]
    assert lightness in (sorted(lightness), sorted(lightness, reverse=True))


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
def test_the_three_counts_of_a_step_differ_in_lightness(palette):
    counts = (palette.reached, palette.touched, palette.in_order)
    assert contrast(counts[0], counts[1]) >= 1.5
    assert contrast(counts[1], counts[2]) >= 1.5


def test_a_short_ramp_spans_the_long_one():
    assert theme.ramp(2) == ["var(--step-1)", "var(--step-8)"]
    assert theme.ramp(1) == ["var(--step-1)"]


@pytest.mark.parametrize("count", [9, 12, 30])
def test_of_many_stages_no_two_have_one_colour(count):
    colours = theme.ramp(count)
    assert len(set(colours)) == count
    assert (colours[0], colours[-1]) == ("var(--step-1)", "var(--step-8)")
    mixed = "color-mix(in oklab, var(--step-1) 36.4%, var(--step-2))"
    assert theme.ramp(12)[1] == mixed, "seven elevenths of the way"


def test_every_colour_of_the_page_is_defined_in_light_and_dark():
    styles = theme.css_variables()
    for role in ("ink", "in-order", "step-8", "line"):
        assert styles.count(f"--{role}:") == 2
