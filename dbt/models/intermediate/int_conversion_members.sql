-- What came first after each first visit, as far as the journey was watched.
with journeys as (

    select
        journeys.journey_id,
        journeys.channel_code,
        journeys.observed_until,
        journeys.history_from,
        segments.segment_code
    from {{ ref('int_journeys') }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate

),

ended as (

    select
        paired.*,
        journeys.segment_code,
        journeys.channel_code,
        journeys.observed_until,
        journeys.history_from,
        -- the first in the ledger counts, even where dates contradict its order
        case
            when paired.converted_number
                <= coalesce(paired.departed_number, paired.converted_number)
                and paired.converted_number
                <= coalesce(losses.lost_number, paired.converted_number)
                then 'converted'
            when losses.lost_number
                <= coalesce(paired.departed_number, losses.lost_number)
                then 'lost'
            when paired.departed_number is not null then 'transferred'
        end as known_end_code,
        losses.lost_at,
        losses.lost_known_at
    from {{ ref('int_pair_moves') }} as paired
    inner join journeys on paired.journey_id = journeys.journey_id
    left join {{ ref('int_standing_losses') }} as losses
        on paired.journey_id = losses.journey_id
        and paired.pipeline_code = losses.pipeline_code

),

timed as (

    select
        *,
        {{ microseconds('observed_until') }}
        - {{ microseconds('origin_at') }} as watched_for,
        {{ microseconds('history_from') }}
        - {{ microseconds('origin_at') }} as watched_after,
        {{ microseconds(
            "case known_end_code
                when 'converted' then converted_at
                when 'lost' then lost_at
                when 'transferred' then transferred_at
            end"
        ) }} - {{ microseconds('origin_at') }} as ended_after
    from ended

),

classified as (

    select
        journey_id,
        segment_code,
        channel_code,
        observed_until,
        pipeline_code,
        from_stage_code,
        to_stage_code,
        origin_at,
        {{ reporting_month('origin_at') }} as cohort_month,
        case when ended_after <= watched_for then known_end_code else 'open' end
            as end_code,
        origin_known_at,
        case known_end_code
            when 'converted' then converted_known_at
            when 'lost' then lost_known_at
            when 'transferred' then transferred_known_at
        end as end_known_at,
        least(ended_after, watched_for) as followed_for,
        case when watched_after > 0 then watched_after end as watched_after
    from timed

)

select * from classified
