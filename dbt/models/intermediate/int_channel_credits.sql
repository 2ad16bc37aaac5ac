-- Each lead is one in all, whatever it is credited to; without a session before it the
-- touches' credit is nobody's.
with journeys as (

    select journey_id, channel_code, entered_at
    from {{ touched(ref('int_journeys')) }}
    where not is_deleted and not is_duplicate and entered_at is not null

),

attributions as (

    select * from {{ ref('int_attributions') }}

),

-- joined by both keys: a condition on one side would compare all with all
touches as (

    select touches.*, attributions.attribution_code
    from {{ touched(ref('int_journey_touches')) }} as touches
    cross join attributions
    where attributions.attribution_code <> 'stated'

),

faced as (

    select
        journeys.journey_id,
        attributions.attribution_code,
        case
            when attributions.attribution_code = 'stated' then journeys.channel_code
            else coalesce(touches.channel_code, 'unknown')
        end as channel_code,
        case
            when attributions.attribution_code = 'stated' then journeys.entered_at
            else touches.touched_at
        end as touched_at,
        touches.touch_number,
        touches.touches_count
    from journeys
    cross join attributions
    left join touches
        on journeys.journey_id = touches.journey_id
        and attributions.attribution_code = touches.attribution_code

),

credited as (

    select
        journey_id,
        attribution_code,
        channel_code,
        touched_at,
        cast(
            case
                when touches_count is null or touches_count = 1 then 1e0
                when attribution_code = 'first_touch'
                    then case when touch_number = 1 then 1e0 else 0e0 end
                when attribution_code = 'last_touch'
                    then case when touch_number = touches_count then 1e0 else 0e0 end
                when attribution_code = 'linear' or touches_count = 2
                    then 1e0 / touches_count
                when touch_number in (1, touches_count) then 4e-1
                else 2e-1 / (touches_count - 2)
            end as double
        ) as credit
    from faced

),

credits as (

    select * from credited
    where credit > 0

)

select * from credits
