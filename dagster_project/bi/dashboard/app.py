"""The dashboard that Streamlit runs: opens the generation anew for each view.

Holds which pages there are; a page holds what it shows.
"""

from collections.abc import Callable

import streamlit as st

from dagster_project.bi.dashboard import drawing
from dagster_project.bi.dashboard.opening import (
    NothingPublishedError,
    View,
    open_current,
)
from dagster_project.bi.dashboard.views import (
    compare,
    conversions,
    events,
    funnel,
    pipeline,
    rules,
    whatif,
)
from dagster_project.paths import Paths
from dagster_project.settings import Settings

PAGES: dict[str, tuple[str, Callable[[View], None]]] = {
    "funnel": ("Stage funnel", funnel.show),
    "conversions": ("Monthly conversions", conversions.show),
    "pipeline": ("Pipeline by day", pipeline.show),
    "compare": ("Compare", compare.show),
    "events": ("Event funnels", events.show),
    "whatif": ("What if", whatif.show),
    "rules": ("Try rules", rules.show),
}


def main() -> None:
    """Let the person choose a page, and draw it."""
    st.set_page_config(page_title="Sales funnel", layout="wide")
    pages = [
        st.Page(_drawn(name), title=title, url_path=name, default=name == "funnel")
        for name, (title, _) in PAGES.items()
    ]
    st.navigation(pages).run()


def _drawn(name: str) -> Callable[[], None]:
    def page() -> None:
        show_page(name)

    return page


def show_page(name: str) -> None:
    """One page, of the generation that is current now."""
    title, show = PAGES[name]
    drawing.set_colours()
    st.title(title)
    try:
        with open_current(Paths.of(Settings.from_environment())) as view:
            _say_what_is_shown(view)
            show(view)
    except NothingPublishedError as error:
        st.error(str(error))


def _say_what_is_shown(view: View) -> None:
    told = view.manifest
    as_of = str(told["as_of"] or "unknown").replace("T", " ")
    days = f" · days in {told['timezone']}" if told["timezone"] else ""
    st.caption(f"As of {as_of} UTC · generation {told['generation']}{days}")


if __name__ == "__main__":
    main()
