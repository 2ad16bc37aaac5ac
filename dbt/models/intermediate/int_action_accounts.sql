-- Actions brought = told again + ignored + unmapped + told of in marts.
with brought as (

    select source_code, event_id, 'web' as event_kind
    from ({{ union_sources('web_events') }}) as web_events
    union all
    select source_code, activity_id as event_id, 'activity' as event_kind
    from ({{ union_sources('activities') }}) as activities

),

counted as (

    select source_code, count(*) as rows_count
    from brought
    group by source_code

),

told_again as (

    select source_code, sum(repeats_count) as rows_count
    from (
        select source_code, count(*) - 1 as repeats_count
        from brought
        group by source_code, event_kind, event_id
    ) as repeated
    group by source_code

),

coded as (

    select
        source_code,
        count(case when event_code = 'ignored' then 1 end) as ignored_count,
        count(case when event_code = 'unmapped' then 1 end) as unmapped_count
    from {{ ref('int_coded_actions') }}
    group by source_code

),

told as (

    select source_code, count(*) as rows_count
    from {{ ref('fct_journey_events') }}
    group by source_code

),

accounts as (

    select
        'actions_in_stream' as check_code,
        counted.source_code as scope,
        counted.rows_count as expected_count,
        told_again.rows_count
        + coalesce(coded.ignored_count, 0)
        + coalesce(coded.unmapped_count, 0)
        + coalesce(told.rows_count, 0) as actual_count
    from counted
    inner join told_again on counted.source_code = told_again.source_code
    left join coded on counted.source_code = coded.source_code
    left join told on counted.source_code = told.source_code

)

select * from accounts
