-- Of a unit's attempts begun in a month, and of all its months together, the one that
-- counts: furthest, then not void, then completed first, then entered last. Those of
-- pruned funnels that did the first step alone are told by int_funnel_entries.
with dated as (

    select
        attempts.*,
        {{ reporting_month('attempts.entered_at') }} as entry_month
    from {{ ref('int_funnel_attempts') }} as attempts

),

month_ranked as (

    select
        dated.*,
        row_number() over (
            partition by dated.unit_number, dated.entry_month
            order by
                dated.furthest_step_order desc, dated.is_void, dated.completed_at,
                dated.entered_at desc,
                {{ times_of_steps('dated', ' nulls last') }}
        ) as month_rank
    from dated

),

ranked as (

    select
        month_ranked.*,
        row_number() over (
            partition by month_ranked.unit_number
            order by
                month_ranked.furthest_step_order desc, month_ranked.is_void,
                month_ranked.completed_at, month_ranked.entered_at desc,
                {{ times_of_steps('month_ranked', ' nulls last') }}
        ) as unit_rank
    from month_ranked
    where month_ranked.month_rank = 1

),

begun as (

    select
        ranked.unit_number,
        ranked.entry_month,
        min(hits.slice_number) as slice_number,
        min(hits.slice_number) <> max(hits.slice_number) as is_tied
    from ranked
    inner join {{ ref('int_funnel_hits') }} as hits
        on {{ is_same_unit('ranked', 'hits') }}
        and ranked.entered_at = hits.occurred_at
    where hits.is_entry and hits.step_mask & 1 = 1
    group by ranked.unit_number, ranked.entry_month

),

attempts as (

    select
        {{ attempt_columns('ranked') }},
        ranked.is_void,
        ranked.entry_month,
        ranked.unit_rank = 1 as is_best_of_unit,
        begun.slice_number,
        begun.is_tied
    from ranked
    left join begun
        on {{ is_same_unit('ranked', 'begun') }}
        and ranked.entry_month = begun.entry_month

)

select * from attempts
