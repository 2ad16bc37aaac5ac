with journeys as (

    select
        journeys.*,
        segments.segment_code
    from {{ touched(ref('int_journeys')) }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where not journeys.is_duplicate

),

followed as (

    select
        *,
        lead(effective_at) over in_journey as next_effective_at,
        lead(direction_code) over in_journey as next_direction_code,
        lead(pipeline_code) over in_journey as next_pipeline_code,
        lead(stage_order) over in_journey as next_stage_order,
        lead(last_mapped_stage_order) over in_journey as next_from_stage_order,
        lead(is_lost) over in_journey as next_is_lost,
        lag(stage_code) over in_journey as previous_stage_code,
        lag(pipeline_code) over in_journey as previous_pipeline_code,
        lag(is_lost) over in_journey as previous_is_lost
    from {{ touched(ref('int_transitions')) }}
    where effective_at is not null and not is_repeated
    window in_journey as (partition by journey_id order by step_number)

),

joined as (

    select
        followed.transition_id,
        followed.journey_id,
        journeys.source_code,
        journeys.deal_id,
        followed.pipeline_code,
        followed.stage_code,
        journeys.segment_code,
        journeys.channel_code,
        followed.step_number,
        followed.direction_code,
        followed.stage_order,
        followed.is_won,
        followed.is_lost,
        followed.is_unmapped,
        followed.stale_after_seconds,
        followed.next_direction_code,
        followed.next_pipeline_code,
        followed.next_stage_order,
        followed.next_from_stage_order,
        followed.next_is_lost,
        followed.is_won and not followed.was_won as is_win,
        case
            when followed.previous_pipeline_code = followed.pipeline_code
                and not followed.previous_is_lost
                then followed.previous_stage_code
            else followed.stage_code
        end as credited_stage_code,
        journeys.is_deleted,
        coalesce(
            journeys.deleted_at < followed.next_effective_at,
            journeys.deleted_at is not null
        ) as is_removed,
        followed.effective_at as began_at,
        least(journeys.deleted_at, followed.next_effective_at) as ended_at
    from followed
    inner join journeys on followed.journey_id = journeys.journey_id
    where journeys.deleted_at is null or followed.effective_at < journeys.deleted_at

)

select * from joined
