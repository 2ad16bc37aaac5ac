"""Our expectations: a class a claim, each a Great Expectations column map expectation.

Great Expectations sets nulls aside before it judges, and passes a column that is all
null. Here a null is an offender: the projection could not say.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import (
    PandasExecutionEngine,
)
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (  # noqa: E501
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (  # noqa: E501
    ColumnMapMetricProvider,
)


def _known(column: pd.Series, meets: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """True where a value is there and meets the condition."""
    met = meets(column[column.notna()])
    # Great Expectations negates with `~`: on an object column ~True is -2, and true
    return met.astype(bool).reindex(column.index, fill_value=False)


class KnownAndWithin(ColumnMapMetricProvider):
    """Not null, and no further from zero than the tolerance."""

    condition_metric_name = "column_values.known_and_within"
    condition_value_keys = ("tolerance",)
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, tolerance: float, **_: Any) -> pd.Series:  # noqa: N805
        return _known(column, lambda known: known.abs() <= tolerance)


class KnownAndTrue(ColumnMapMetricProvider):
    """Not null, and true."""

    condition_metric_name = "column_values.known_and_true"
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:  # noqa: N805
        return _known(column, lambda known: known.eq(True))


class KnownAndNoneOf(ColumnMapMetricProvider):
    """Not null, and none of the refused values."""

    condition_metric_name = "column_values.known_and_none_of"
    condition_value_keys = ("refused_values",)
    filter_column_isnull = False

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805
        column: pd.Series,
        refused_values: list[str],
        **_: Any,
    ) -> pd.Series:
        return _known(column, lambda known: ~known.isin(refused_values))


class _NothingSetAside(ColumnMapExpectation):
    """A column map expectation that counts nulls among the rows it judges."""

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> Any:
        judged = {**metrics, "column_values.nonnull.unexpected_count": 0}
        return super()._validate(judged, runtime_configuration, execution_engine)


class _ExpectWithin(_NothingSetAside):
    tolerance: float = 0.0

    map_metric: ClassVar[str | None] = "column_values.known_and_within"
    success_keys: ClassVar[tuple[str, ...]] = ("tolerance", "mostly")


class _ExpectTrue(_NothingSetAside):
    map_metric: ClassVar[str | None] = "column_values.known_and_true"


class ExpectStageCodesToBeRegistered(_ExpectWithin):
    """Every stage a source uses has a row in the aliases: mapped or ignored."""

    column: str = "unregistered_count"


class ExpectStageCodesToBeValidAtTheirDate(_ExpectWithin):
    """Every use of a stage lies within its dates of validity."""

    column: str = "invalid_at_date_count"


class ExpectRetiredStageCodesToBeUnused(_ExpectWithin):
    """No use of a stage lies after its last day."""

    column: str = "retired_count"


class ExpectNoNewStageCodes(_ExpectWithin):
    """The newest whole month uses no stage that its source never used before."""

    column: str = "new_count"


class ExpectNoVanishedStageCodes(_ExpectWithin):
    """The newest whole month uses every stage that the month before used often."""

    column: str = "vanished_count"


class ExpectAliasesToBeAFunction(_ExpectWithin):
    """One spelling means one stage at any one time."""

    column: str = "overlaps_count"


class ExpectAliasesToNameRegisteredStages(_ExpectTrue):
    """Every alias leads to a stage of the registry."""

    column: str = "is_stage_registered"


class ExpectStageIdsToHaveOneLabel(_ExpectWithin):
    """A stage id has no second label in one extract of its source."""

    column: str = "labels_count"


class ExpectStageFlagsToAgree(_ExpectTrue):
    """What a source says of a stage (won, closed, probability), the registry says."""

    column: str = "is_agreed"


class ExpectSourcesOfAPipelineToAgree(_ExpectTrue):
    """A stage that one source of a pipeline uses, its other sources can say too."""

    column: str = "is_named"


class ExpectSeedCodesToBeRegistered(_ExpectTrue):
    """Steps, targets and benchmarks name codes that exist."""

    column: str = "is_registered"


class ExpectRejectedShareToBeWithin(_ExpectWithin):
    """Of no file more rows were rejected than is tolerated."""

    column: str = "rejected_share"


class ExpectFilesToBeWhole(_NothingSetAside):
    """No file was refused whole."""

    column: str = "status_code"
    refused_values: list[str] = []  # noqa: RUF012  pydantic copies it

    map_metric: ClassVar[str | None] = "column_values.known_and_none_of"
    success_keys: ClassVar[tuple[str, ...]] = ("refused_values", "mostly")


class ExpectValuesToBeCastable(_ExpectWithin):
    """Every value could be read as what its column means."""

    column: str = "uncastable_count"


class ExpectExtractsOfUsualVolume(_ExpectWithin):
    """The newest extract has about as many rows as those before it."""

    column: str = "volume_share"


class ExpectExtractsNotToBeOverdue(_ExpectWithin):
    """A table's newest extract is no older than its extracts use to lie apart."""

    column: str = "overdue_share"


class ExpectExtractKeysToBeMetOnce(_ExpectWithin):
    """The newest extract repeats its keys no more than those before it."""

    column: str = "repeated_rise_share"


class ExpectColumnsToBeFilledAsUsual(_ExpectWithin):
    """A column of the newest extract is no emptier than in those before it."""

    column: str = "null_rise_share"


class ExpectHistoryToEndInTheCurrentStage(_ExpectWithin):
    """A deal's last change of stage leads to the stage it is in."""

    column: str = "differing_share"


class ExpectOutcomesToAgree(_ExpectWithin):
    """A deal's own outcome is that of the stage it is in."""

    column: str = "disagreeing_count"


class ExpectStageOrderAsSeen(_ExpectWithin):
    """Journeys pass two stages in the order of the registry more often than not."""

    column: str = "backward_share"


class ExpectStageOrderWithoutDrift(_ExpectWithin):
    """They do so this month as often as in the quarter before it."""

    column: str = "drift_share"


class ExpectClosedJourneysToReopenByName(_ExpectWithin):
    """No journey leaves a won or lost stage for an open one but by reopening."""

    column: str = "unreopened_count"


class ExpectRowsToBeAccountedFor(_ExpectWithin):
    """Rows in are rows out and rows set aside."""

    column: str = "difference_count"


class ExpectMartCodesToBeRegistered(_ExpectTrue):
    """Every code of a mart is one that a seed lists."""

    column: str = "is_registered"


class ExpectCountedStagesToEqualTheLedger(_ExpectTrue):
    """A mart counts the stages that the ledger has, and no other."""

    column: str = "is_in_both"


class ExpectTargetOwnersToBeTold(_ExpectTrue):
    """Every owner and team with a target is one that a source tells of."""

    column: str = "is_told"


class ExpectRestatementsToBeExplained(_ExpectWithin):
    """Every published figure that moved, moved for a known reason."""

    column: str = "unexplained_count"


CLAIMS: dict[str, type[_NothingSetAside]] = {
    "stage_codes_registered": ExpectStageCodesToBeRegistered,
    "stage_codes_valid_at_date": ExpectStageCodesToBeValidAtTheirDate,
    "retired_stage_codes_unused": ExpectRetiredStageCodesToBeUnused,
    "no_new_stage_codes": ExpectNoNewStageCodes,
    "no_vanished_stage_codes": ExpectNoVanishedStageCodes,
    "aliases_are_a_function": ExpectAliasesToBeAFunction,
    "aliases_name_registered_stages": ExpectAliasesToNameRegisteredStages,
    "stage_ids_have_one_label": ExpectStageIdsToHaveOneLabel,
    "stage_flags_agree": ExpectStageFlagsToAgree,
    "sources_of_a_pipeline_agree": ExpectSourcesOfAPipelineToAgree,
    "seed_codes_registered": ExpectSeedCodesToBeRegistered,
    "rejected_share": ExpectRejectedShareToBeWithin,
    "files_whole": ExpectFilesToBeWhole,
    "values_castable": ExpectValuesToBeCastable,
    "extracts_of_usual_volume": ExpectExtractsOfUsualVolume,
    "extracts_not_overdue": ExpectExtractsNotToBeOverdue,
    "extract_keys_met_once": ExpectExtractKeysToBeMetOnce,
    "columns_filled_as_usual": ExpectColumnsToBeFilledAsUsual,
    "history_ends_in_current_stage": ExpectHistoryToEndInTheCurrentStage,
    "outcomes_agree": ExpectOutcomesToAgree,
    "stage_order_as_seen": ExpectStageOrderAsSeen,
    "stage_order_without_drift": ExpectStageOrderWithoutDrift,
    "closed_journeys_reopen_by_name": ExpectClosedJourneysToReopenByName,
    "rows_accounted_for": ExpectRowsToBeAccountedFor,
    "mart_codes_registered": ExpectMartCodesToBeRegistered,
    "counted_stages_equal_the_ledger": ExpectCountedStagesToEqualTheLedger,
    "target_owners_told": ExpectTargetOwnersToBeTold,
    "restatements_explained": ExpectRestatementsToBeExplained,
}
