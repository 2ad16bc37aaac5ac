"""All faults, in the order in which figures are made."""

from tests.mutations.faults.causes import CAUSES
from tests.mutations.faults.conversions import CONVERSIONS
from tests.mutations.faults.event_funnels import EVENT_FUNNELS
from tests.mutations.faults.fault import Fault
from tests.mutations.faults.forecasts import FORECASTS
from tests.mutations.faults.gates import GATES
from tests.mutations.faults.ledger import LEDGER
from tests.mutations.faults.marketing import MARKETING
from tests.mutations.faults.snapshots import SNAPSHOTS
from tests.mutations.faults.stage_funnels import STAGE_FUNNELS
from tests.mutations.faults.values import VALUES

FAULTS: list[Fault] = [
    *LEDGER,
    *SNAPSHOTS,
    *STAGE_FUNNELS,
    *EVENT_FUNNELS,
    *CONVERSIONS,
    *FORECASTS,
    *CAUSES,
    *MARKETING,
    *VALUES,
    *GATES,
]
