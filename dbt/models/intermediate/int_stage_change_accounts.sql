-- Stage changes brought = told again + ignored + of no record + awaited + absorbed +
-- followed.
with brought as (

    {{ union_sources('stage_changes') }}
    union all
    select * from {{ ref('int_compared_stage_changes') }}

),

counted as (

    select source_code, count(*) as rows_count
    from brought
    group by source_code

),

facts as (

    select source_code, count(*) as facts_count
    from {{ ref('int_recorded_stage_changes') }}
    group by source_code

),

told_again as (

    select counted.source_code, counted.rows_count - facts.facts_count as rows_count
    from counted
    inner join facts on counted.source_code = facts.source_code

),

aside as (

    select
        source_code,
        count(case when is_ignored then 1 end) as ignored_count,
        count(case when not is_ignored and record_id is null then 1 end)
            as nameless_count
    from {{ ref('int_stage_changes') }}
    group by source_code

),

ordered as (

    select
        source_code,
        count(case when is_awaited and not is_absorbed then 1 end) as awaited_count,
        count(case when is_absorbed then 1 end) as absorbed_count
    from {{ ref('int_ordered_stage_changes') }}
    group by source_code

),

followed as (

    select
        source_code,
        count(*) as rows_count,
        count(case when seconds_in_from_stage < 0 then 1 end) as negative_count
    from {{ ref('int_transitions') }}
    group by source_code

),

accounts as (

    select
        'stage_changes_in_ledger' as check_code,
        counted.source_code as scope,
        counted.rows_count as expected_count,
        coalesce(told_again.rows_count, 0)
        + coalesce(aside.ignored_count, 0)
        + coalesce(aside.nameless_count, 0)
        + coalesce(ordered.awaited_count, 0)
        + coalesce(ordered.absorbed_count, 0)
        + coalesce(followed.rows_count, 0) as actual_count
    from counted
    left join told_again on counted.source_code = told_again.source_code
    left join aside on counted.source_code = aside.source_code
    left join ordered on counted.source_code = ordered.source_code
    left join followed on counted.source_code = followed.source_code

)

select * from accounts
