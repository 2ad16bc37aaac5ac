-- Of a unit's attempts begun in a month, and of all its months together, the one that
-- counts: furthest, then not void, then completed first, then entered last.
with dated as (

    select
        attempts.*,
        {{ reporting_month('attempts.entered_at') }} as entry_month
    from {{ ref('int_funnel_attempts') }} as attempts

),

ranked as (

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

best as (

    select
        ranked.*,
        {{ hash_of([
            'ranked.funnel_code', 'ranked.unit_id', 'ranked.part_key',
            'ranked.entry_month'
        ]) }} as attempt_id,
        row_number() over (
            partition by ranked.funnel_code, ranked.unit_id, ranked.part_key
            order by
                ranked.furthest_step_order desc, ranked.is_void, ranked.completed_at,
                ranked.entered_at desc,
                {{ times_of_steps('ranked', ' nulls last') }}
        ) = 1 as is_best_of_all
    from ranked
    where ranked.month_rank = 1

)

select * from best
