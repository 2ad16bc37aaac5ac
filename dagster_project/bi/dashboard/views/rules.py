"""Stage and segment rules, edited and tried on the data before anybody commits them."""

import pandas as pd
import streamlit as st

from dagster_project.bi.dashboard import trials
from dagster_project.bi.dashboard.choosing import humane
from dagster_project.bi.dashboard.drawing import draw_rows, frame
from dagster_project.bi.dashboard.opening import View
from dagster_project.bi.facts import Table
from dagster_project.checking import Finding
from dagster_project.settings import Settings


def show(view: View) -> None:
    """Tables to edit, what is wrong with them, and what they would move."""
    st.write(
        "Edit the tables; nothing of it is saved. *Check* holds them to the checks of "
        "`funnelhouse check`. *Try on the data* builds a private copy of the "
        "warehouse with them and compares; that takes from half a minute on, and "
        "longer the first time. To keep an edit, download its file and commit it."
    )
    settings = Settings.from_environment()
    edited = edit(settings)
    check, attempt = st.button("Check"), st.button("Try on the data", type="primary")
    if check or attempt:
        sound = tell(trials.write_seeds(settings, edited))
        if sound and attempt:
            try_on_the_data(settings)


def edit(settings: Settings) -> dict[str, Table]:
    """The tables as the person has them now; those that differ can be downloaded."""
    edited = {}
    tabs = st.tabs([humane(name) for name in trials.TRIED])
    for tab, name in zip(tabs, trials.TRIED, strict=True):
        committed = trials.read_seed(settings.seeds, name)
        with tab:
            changed = st.data_editor(
                frame(committed),
                num_rows="dynamic",
                hide_index=True,
                key=f"edit_{name}",
            )
            edited[name] = as_table(changed)
            if trials.differs(committed, edited[name]):
                st.download_button(
                    f"Download {name}.csv",
                    data=trials.seed_text(edited[name]),
                    file_name=f"{name}.csv",
                    mime="text/csv",
                )
    return edited


def as_table(edited: pd.DataFrame) -> Table:
    """The rows of an edited table; a cell that is missing is empty."""
    filled = edited.astype(object).where(edited.notna(), "")
    rows = [tuple(map(str, row)) for row in filled.itertuples(index=False)]
    return Table(tuple(edited.columns), [row for row in rows if any(row)])


def tell(findings: list[Finding]) -> bool:
    """Say all that is wrong with the rules; whether they are sound."""
    for finding in findings:
        st.error(str(finding))
    if not findings:
        st.success("These rules are sound.")
    return not findings


def try_on_the_data(settings: Settings) -> None:
    """Build with the edited rules, telling how far it is, and show what moved."""
    with st.status("Building a private copy", expanded=False) as status:
        try:
            for told in trials.try_seeds(settings):
                if isinstance(told, trials.Moved):
                    break
                status.update(label=f"Building a private copy: {told}")
        except trials.TrialError as error:
            status.update(label="It could not be tried", state="error")
            st.error(str(error))
            return
        status.update(label="Built and compared", state="complete")
    if isinstance(told, trials.Moved):
        show_moved(told)


def show_moved(moved: trials.Moved) -> None:
    """How many transitions and journeys change, and how segments gain and lose."""
    st.caption("Against what was last built, with the rules of that night.")
    left, right = st.columns(2)
    left.metric("Transitions that change", f"{moved.transitions_count:,}")
    right.metric("Journeys that change", f"{moved.journeys_count:,}")
    st.header("Members of segments")
    draw_rows("members", moved.members)
    st.header("Journeys that change")
    draw_rows("moved_journeys", moved.journeys)
