-- A stage that the ledger has and a mart never counts, or the other way round, was lost
-- or made on the way.
with ledger as (

    select
        moves.pipeline_code,
        moves.stage_code,
        moves.is_won,
        moves.is_lost,
        moves.is_unmapped,
        count(moves.effective_at) as dated_count,
        count(case when not journeys.is_deleted then 1 end) as living_count
    from {{ ref('int_transitions') }} as moves
    inner join {{ ref('int_journeys') }} as journeys
        on moves.journey_id = journeys.journey_id
    where not journeys.is_duplicate
    group by
        moves.pipeline_code, moves.stage_code, moves.is_won, moves.is_lost,
        moves.is_unmapped

),

expected as (

    select
        'fct_stage_snapshots' as table_name, pipeline_code, stage_code
    from ledger
    where dated_count > 0 and not is_won and not is_lost
    union
    select
        'fct_monthly_throughput' as table_name, pipeline_code, stage_code
    from ledger
    where dated_count > 0 and not is_lost
    union
    select
        'fct_journey_steps' as table_name, pipeline_code, stage_code
    from ledger
    where living_count > 0 and not is_lost and not is_unmapped

),

counted as (

    select distinct
        'fct_stage_snapshots' as table_name, pipeline_code, stage_code
    from {{ ref('fct_stage_snapshots') }}
    where entered_count > 0
    union all
    select distinct
        'fct_monthly_throughput' as table_name, pipeline_code, stage_code
    from {{ ref('fct_monthly_throughput') }}
    where entered_count > 0 and pipeline_code <> 'all'
    union all
    select distinct
        'fct_journey_steps' as table_name, pipeline_code, stage_code
    from {{ ref('fct_journey_steps') }}
    where is_touched

),

judged as (

    select
        coalesce(expected.table_name, counted.table_name) as table_name,
        coalesce(expected.pipeline_code, counted.pipeline_code) as pipeline_code,
        coalesce(expected.stage_code, counted.stage_code) as stage_code,
        expected.stage_code is not null as is_in_ledger,
        counted.stage_code is not null as is_counted,
        expected.stage_code is not null and counted.stage_code is not null as is_in_both
    from expected
    full outer join counted
        on expected.table_name = counted.table_name
        and expected.pipeline_code = counted.pipeline_code
        and expected.stage_code = counted.stage_code

)

select * from judged
