"""Faults of what the gates look at: a projection that never finds anything."""

from tests.mutations.faults.fault import Fault

MOVES = "models/marts/_gates/gate_stage_moves.sql"
COUNTED = "models/marts/_gates/gate_counted_stages.sql"
SHARED = "models/staging/_gates/gate_shared_pipelines.sql"

GATES = [
    Fault(
        "a closed journey may go on without a reopening",
        MOVES,
        "and direction_code <> 'reopen' as is_unreopened",
        "and direction_code is null as is_unreopened",
        "a_move_from_a_closed_stage_to_an_open_one_is_a_reopening_or_at_fault",
    ),
    Fault(
        "a stage that snapshots lost is not missed",
        COUNTED,
        "where dated_count > 0 and not is_won and not is_lost",
        "where dated_count > 9 and not is_won and not is_lost",
        "a_stage_that_a_mart_lost_or_made_is_told",
    ),
    Fault(
        "two sources of a pipeline are not compared",
        SHARED,
        "having count(*) > 1",
        "having count(*) > 2",
        "a_source_that_cannot_say_a_stage_of_a_shared_pipeline_is_told",
    ),
]
