"""The look of every chart: two palettes, the CSS variables they fill, one Altair theme.

A page draws its charts as SVG in CSS variables, so light, dark and print need no
redrawing; what paints on a canvas (a dashboard) takes a palette's literal colours.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import altair as alt

THEME = "funnelhouse"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


@dataclass(frozen=True)
class Palette:
    """Colours by role; `steps` runs from the earliest stage to the latest."""

    paper: str
    card: str
    ink: str
    muted: str
    line: str
    accent: str
    reached: str
    touched: str
    in_order: str
    converted: str
    open: str
    transferred: str
    lost: str
    alarm: str
    steps: tuple[str, ...]


# Hues of Okabe and Ito; the ramp changes in lightness, which no colour blindness hides.
LIGHT = Palette(
    paper="#f7f7f4",
    card="#ffffff",
    ink="#1c2530",
    muted="#5a6673",
    line="#dfe3e3",
    accent="#0b5d8a",
    reached="#a9cfe3",
    touched="#3f8fbf",
    in_order="#0b4a75",
    converted="#0072b2",
    open="#c5ccd3",
    transferred="#cc79a7",
    lost="#d55e00",
    alarm="#a84600",
    steps=(
        *("#cde2df", "#a2cfcf", "#73b6c0", "#4799ae"),
        *("#2d7a9c", "#275b86", "#263f6c", "#221f4c"),
    ),
)
DARK = Palette(
    paper="#12161b",
    card="#191f26",
    ink="#e4e8eb",
    muted="#9ba7b3",
    line="#2e3740",
    accent="#74bbe6",
    reached="#2f536b",
    touched="#4b93bf",
    in_order="#a8daf5",
    converted="#56b4e9",
    open="#4d5965",
    transferred="#cc79a7",
    lost="#e68a3c",
    alarm="#f0a05c",
    steps=(
        *("#3d3f75", "#38568b", "#376f9b", "#4188ab"),
        *("#559fb3", "#7ab8be", "#a5cfcb", "#d3e8e0"),
    ),
)


def colour(role: str) -> str:
    """A colour of the page, by role; `step-1` is the first of the ramp."""
    return f"var(--{role.replace('_', '-')})"


def ramp(count: int) -> list[str]:
    """As many colours of the ramp as there are stages, spread from end to end.

    Where there are more stages than steps, neighbours are mixed: no two are alike.
    """
    last = len(LIGHT.steps) - 1
    places = [i * last / max(count - 1, 1) for i in range(count)]
    if count <= len(LIGHT.steps):
        return [colour(f"step-{round(place) + 1}") for place in places]
    return [_between(place) for place in places]


def _between(place: float) -> str:
    step = int(place)
    if step == place:
        return colour(f"step-{step + 1}")
    nearer, next_one = colour(f"step-{step + 1}"), colour(f"step-{step + 2}")
    return f"color-mix(in oklab, {nearer} {1 - (place - step):.1%}, {next_one})"


def css_variables() -> str:
    """Both palettes as CSS; a dark screen prints on white paper."""
    return (
        f":root{{color-scheme:light;{_declarations(LIGHT)}}}\n"
        "@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{color-scheme:dark;{_declarations(DARK)}}}}}"
    )


def palette_variables(palette: Palette) -> str:
    """One palette as CSS, where a page knows which it is drawn in."""
    return f":root{{{_declarations(palette)}}}"


def _declarations(palette: Palette) -> str:
    steps: Sequence[str] = palette.steps
    roles = {k: v for k, v in asdict(palette).items() if isinstance(v, str)}
    roles |= {f"step-{place}": value for place, value in enumerate(steps, start=1)}
    return "".join(f"--{k.replace('_', '-')}:{v};" for k, v in roles.items())


@alt.theme.register(THEME, enable=False)
def _theme() -> alt.theme.ThemeConfig:
    ink, muted, line = colour("ink"), colour("muted"), colour("line")
    return {
        "config": {
            "background": "transparent",
            "font": FONT,
            "view": {"stroke": None},
            "text": {"color": ink, "fontSize": 12},
            # Lines beside a point say nothing that the point does not say aloud.
            "rule": {"color": ink, "aria": False},
            "tick": {"aria": False},
            "axis": {
                "domain": False,
                "ticks": False,
                "grid": False,
                "labelColor": muted,
                "labelFontSize": 12,
                "labelPadding": 8,
                "titleColor": muted,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
            },
            "axisQuantitative": {"grid": True, "gridColor": line, "tickCount": 5},
        }
    }
