-- The registry as it stands at as-of; retired stages at their last order.
with stages as (

    select * from {{ ref('int_stages') }}

),

runs as (

    select {{ reporting_date('as_of') }} as as_of_date from {{ source('lake', 'runs') }}

),

ranked as (

    select
        stages.*,
        stages.held_to <= runs.as_of_date as is_retired,
        row_number() over (
            partition by stages.pipeline_code, stages.stage_code
            order by stages.held_from desc
        ) as recency
    from stages
    inner join runs on stages.held_from <= runs.as_of_date

),

latest as (

    select * from ranked
    where recency = 1

)

select * from latest
