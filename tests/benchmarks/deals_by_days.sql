-- The other way to tell a day's stages, as a plain dbt model: a row per deal and day
-- from its first stage to its last, each day's stage carried forward, then counted.
-- This is how daily histories of deals and tickets are made in widely used packages.
-- A day here is a day in UTC.
with stays as (

    select
        *,
        cast(began_at as date) as began_date,
        cast(ended_at as date) as ended_date,
        is_won or is_lost as is_closed
    from {{ ref('int_stays') }}

),

days as (

    select calendar_date from {{ ref('int_calendar') }}

),

journeys as (

    select
        journey_id,
        min(began_date) as first_date,
        max(case when is_removed then ended_date end) as removed_date,
        max(
            case
                when is_closed then began_date
                else coalesce(ended_date, date '9999-12-31')
            end
        ) as last_date
    from stays
    group by journey_id

),

spine as (

    select
        journeys.journey_id,
        journeys.removed_date,
        days.calendar_date
    from journeys
    inner join days
        on days.calendar_date >= journeys.first_date
        and days.calendar_date <= journeys.last_date

),

last_of_day as (

    select
        journey_id,
        began_date,
        pipeline_code,
        stage_code,
        is_closed,
        row_number() over (
            partition by journey_id, began_date order by step_number desc
        ) as recency
    from stays

),

daily as (

    select
        spine.calendar_date,
        spine.removed_date,
        last_value(last_of_day.pipeline_code ignore nulls) over so_far as pipeline_code,
        last_value(last_of_day.stage_code ignore nulls) over so_far as stage_code,
        last_value(last_of_day.is_closed ignore nulls) over so_far as is_closed
    from spine
    left join last_of_day
        on spine.journey_id = last_of_day.journey_id
        and spine.calendar_date = last_of_day.began_date
        and last_of_day.recency = 1
    window so_far as (
        partition by spine.journey_id order by spine.calendar_date
        rows between unbounded preceding and current row
    )

),

present as (

    select calendar_date, pipeline_code, stage_code, count(*) as open_count
    from daily
    where not is_closed and (removed_date is null or calendar_date < removed_date)
    group by calendar_date, pipeline_code, stage_code

),

entered as (

    select
        began_date as calendar_date,
        pipeline_code,
        stage_code,
        count(*) as entered_count
    from stays
    where not is_closed
    group by began_date, pipeline_code, stage_code

),

gone as (

    select
        ended_date as calendar_date,
        pipeline_code,
        stage_code,
        count(case when not is_removed then 1 end) as left_count
    from stays
    where not is_closed and ended_date is not null
    group by ended_date, pipeline_code, stage_code

),

keys as (

    select calendar_date, pipeline_code, stage_code from present
    union
    select calendar_date, pipeline_code, stage_code from entered
    union
    select calendar_date, pipeline_code, stage_code from gone

),

counted as (

    select
        keys.calendar_date,
        keys.pipeline_code,
        keys.stage_code,
        coalesce(present.open_count, 0) as open_count,
        coalesce(entered.entered_count, 0) as entered_count,
        coalesce(gone.left_count, 0) as left_count
    from keys
    left join present
        on keys.calendar_date = present.calendar_date
        and keys.pipeline_code = present.pipeline_code
        and keys.stage_code = present.stage_code
    left join entered
        on keys.calendar_date = entered.calendar_date
        and keys.pipeline_code = entered.pipeline_code
        and keys.stage_code = entered.stage_code
    left join gone
        on keys.calendar_date = gone.calendar_date
        and keys.pipeline_code = gone.pipeline_code
        and keys.stage_code = gone.stage_code

)

select * from counted
