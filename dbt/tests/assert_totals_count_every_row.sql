-- What: marts of totals hold as much as the rows that they are made of.
-- Why: the report reads the totals, and lists show the rows.
-- A row: a mart with fewer or more rows, or marked ones, than it is made of.
{{ config(meta={'dagster': {'ref': {'name': 'fct_journey_outcomes'}}}) }}

with totals as (

    select
        'fct_journey_outcomes' as table_name,
        sum(journeys_count + deleted_count + duplicate_count) as rows_count,
        sum(unvalued_count) as marked_count
    from {{ ref('fct_journey_outcomes') }}
    union all
    select
        'fct_recovery_reasons' as table_name,
        sum(journeys_count) as rows_count,
        sum(unmeasured_count) as marked_count
    from {{ ref('fct_recovery_reasons') }}
    union all
    select
        'fct_inquiry_months' as table_name,
        sum(unrecorded_count + recorded_count) as rows_count,
        sum(unanswered_count) as marked_count
    from {{ ref('fct_inquiry_months') }}

),

made_of as (

    select
        'fct_journey_outcomes' as table_name,
        count(*) as rows_count,
        count(
            case
                when is_deleted or is_duplicate then null
                when home_amount is null then 1
            end
        ) as marked_count
    from {{ ref('fct_journeys') }}
    union all
    select
        'fct_recovery_reasons' as table_name,
        count(*) as rows_count,
        count(case when recovery_rate is null then 1 end) as marked_count
    from {{ ref('fct_recovery_queue') }}
    union all
    select
        'fct_inquiry_months' as table_name,
        count(*) as rows_count,
        count(case when answered_at is null then 1 end) as marked_count
    from {{ ref('fct_unrecorded_inquiries') }}

)

select
    made_of.table_name,
    made_of.rows_count,
    totals.rows_count as counted_rows_count,
    made_of.marked_count,
    totals.marked_count as counted_marked_count
from made_of
inner join totals on made_of.table_name = totals.table_name
where made_of.rows_count <> coalesce(totals.rows_count, 0)
    or made_of.marked_count <> coalesce(totals.marked_count, 0)
