-- Where journeys stood when a forecast is or was made. A late row counts from when it
-- was known: until then the stage before it was thought to go on.
with stays as (

    select
        stays.*,
        greatest(stays.began_at, transitions.known_at) as known_from
    from {{ ref('int_stays') }} as stays
    inner join {{ ref('int_transitions') }} as transitions
        on stays.transition_id = transitions.transition_id
    where not stays.is_deleted

),

known as (

    select
        *,
        min(known_from) over (
            partition by journey_id order by step_number
            rows between 1 following and unbounded following
        ) as known_until
    from stays

),

placed as (

    select
        dates.forecast_at,
        dates.forecast_date,
        dates.forecast_month,
        dates.is_as_of,
        dates.is_as_known,
        known.journey_id,
        known.source_code,
        known.deal_id,
        known.pipeline_code,
        known.stage_code,
        known.segment_code,
        known.stale_after_seconds,
        {{ seconds_between('known.began_at', 'dates.observed_until') }} as age_seconds
    from known
    inner join {{ ref('int_forecast_dates') }} as dates
        on known.source_code = dates.source_code
        and known.began_at <= dates.forecast_at
    where not known.is_won and not known.is_lost
        and case
            when dates.is_as_known
                then
                    known.known_from <= dates.forecast_at
                    and coalesce(known.known_until > dates.forecast_at, true)
            else coalesce(known.ended_at > dates.forecast_at, true)
        end

),

aged as (

    select
        *,
        case
            when stale_after_seconds > 0 and age_seconds > 0
                then
                    cast(
                        least(floor(age_seconds / stale_after_seconds), 2) as integer
                    )
            else 0
        end as patience_count
    from placed

)

select * from aged
