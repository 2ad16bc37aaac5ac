-- Who is compared with whom. The time before ends a horizon ahead of the experiment, so
-- that nobody in it was still under way when things changed; the year before is for
-- what comes and goes with the season.
with experiments as (

    select
        experiment_code,
        pipeline_code,
        coalesce(segment_code, 'all') as segment_code,
        control_segment_code,
        from_stage_code,
        to_stage_code,
        horizon_days,
        expected_difference,
        started_on,
        ended_on,
        {{ seconds_between(
            'cast(started_on as timestamp)', 'cast(ended_on as timestamp)'
        ) }} / 86400 as lasting_days
    from {{ ref('experiments') }}

),

compared as (

    select
        experiments.* {{ exclude() }} (segment_code, started_on, ended_on),
        'control' as comparison_code,
        control_segment_code as segment_code,
        started_on,
        ended_on
    from experiments
    where control_segment_code is not null
    union all
    select
        experiments.* {{ exclude() }} (segment_code, started_on, ended_on),
        'before' as comparison_code,
        segment_code,
        {{ plus_days('started_on', '-(lasting_days + horizon_days)') }} as started_on,
        {{ plus_days('started_on', '-horizon_days') }} as ended_on
    from experiments
    union all
    select
        experiments.* {{ exclude() }} (segment_code, started_on, ended_on),
        'year_before' as comparison_code,
        segment_code,
        cast({{ dbt.dateadd('month', -12, 'started_on') }} as date) as started_on,
        cast({{ dbt.dateadd('month', -12, 'ended_on') }} as date) as ended_on
    from experiments

),

treated as (

    select
        compared.* {{ exclude() }} (
            segment_code, started_on, ended_on  -- noqa: RF02
        ),
        experiments.segment_code,
        experiments.started_on,
        experiments.ended_on
    from compared
    inner join experiments on compared.experiment_code = experiments.experiment_code

),

arms as (

    select
        treated.*,
        true as is_treated
    from treated
    union all
    select
        compared.*,
        false as is_treated
    from compared

)

select * from arms
