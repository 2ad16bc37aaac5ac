-- Of a unit's attempts begun in a month, and of all its months together, the one that
-- counts: furthest, then not void, then completed first, then entered last.
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
            partition by
                dated.funnel_code, dated.unit_id, dated.part_key, dated.entry_month
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
            partition by
                month_ranked.funnel_code, month_ranked.unit_id, month_ranked.part_key
            order by
                month_ranked.furthest_step_order desc, month_ranked.is_void,
                month_ranked.completed_at, month_ranked.entered_at desc,
                {{ times_of_steps('month_ranked', ' nulls last') }}
        ) as unit_rank
    from month_ranked
    where month_ranked.month_rank = 1

),

-- entries of pruned funnels did the first step alone, where no attempt went further
entered as (

    select
        entries.funnel_code,
        entries.unit_id,
        entries.part_key,
        entries.entered_at,
        {{ plus_seconds('entries.entered_at', 'entries.window_seconds') }}
            as window_ends_at,
        1 as furthest_step_order,
        entries.entered_at as completed_at,
        {{ times_of_first_step('entries.entered_at') }},
        false as is_void,
        entries.entry_month,
        further.unit_id is null and entries.is_first_month as is_best_of_all
    from {{ ref('int_funnel_entries') }} as entries
    left join ranked as months
        on {{ is_same_unit('entries', 'months') }}
        and entries.entry_month = months.entry_month
    left join ranked as further
        on {{ is_same_unit('entries', 'further') }}
        and further.unit_rank = 1
    where months.unit_id is null

),

attempts as (

    select
        {{ attempt_columns('ranked') }},
        ranked.is_void,
        ranked.entry_month,
        ranked.unit_rank = 1 as is_best_of_all
    from ranked
    union all
    select * from entered

),

best as (

    select
        attempts.*,
        {{ hash_of([
            'attempts.funnel_code', 'attempts.unit_id', 'attempts.part_key',
            'attempts.entry_month'
        ]) }} as attempt_id
    from attempts

)

select * from best
