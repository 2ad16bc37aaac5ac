-- What is known to have come first after each first visit, however far its source is
-- watched: what the morning moves stands in views of this.
with journeys as (

    select
        journeys.journey_id,
        journeys.source_code,
        journeys.channel_code,
        journeys.history_from,
        segments.segment_code,
        case when segments.landmark_days > 0 then segments.landmark_at end
            as landmark_at
    from {{ touched(ref('int_journeys')) }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate

),

ended as (

    select
        paired.*,
        journeys.source_code,
        journeys.segment_code,
        journeys.channel_code,
        journeys.history_from,
        journeys.landmark_at,
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
        end as end_code,
        losses.lost_at,
        losses.lost_known_at
    from {{ touched(ref('int_pair_moves')) }} as paired
    inner join journeys on paired.journey_id = journeys.journey_id
    left join {{ ref('int_standing_losses') }} as losses
        on paired.journey_id = losses.journey_id
        and paired.pipeline_code = losses.pipeline_code

),

timed as (

    select
        *,
        {{ microseconds('history_from') }}
        - {{ microseconds('origin_at') }} as watched_after,
        {{ microseconds(
            "case end_code
                when 'converted' then converted_at
                when 'lost' then lost_at
                when 'transferred' then transferred_at
            end"
        ) }} - {{ microseconds('origin_at') }} as ended_after
    from ended

),

pair_ends as (

    select
        journey_id,
        source_code,
        segment_code,
        channel_code,
        pipeline_code,
        from_stage_code,
        to_stage_code,
        origin_at,
        {{ reporting_month('origin_at') }} as cohort_month,
        case when landmark_at > origin_at then landmark_at end as landmark_at,
        end_code,
        origin_known_at,
        case end_code
            when 'converted' then converted_known_at
            when 'lost' then lost_known_at
            when 'transferred' then transferred_known_at
        end as end_known_at,
        ended_after,
        case when watched_after > 0 then watched_after end as watched_after
    from timed

)

select * from pair_ends
