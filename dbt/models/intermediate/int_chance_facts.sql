-- Each first visit to an open stage, that it was left, and its win or loss: three rows,
-- so that what becomes known late leaves alone the forecasts that could not know it.
with visits as (

    select
        ends.*,
        case
            when segments.landmark_days > 0
                then
                    {{ microseconds('segments.landmark_at') }}
                    - {{ microseconds('ends.origin_at') }}
        end as landmark_after
    from {{ touched(ref('int_pair_ends')) }} as ends
    inner join {{ ref('int_sale_pairs') }} as pairs
        on ends.pipeline_code = pairs.pipeline_code
        and ends.from_stage_code = pairs.from_stage_code
        and ends.to_stage_code = pairs.to_stage_code
    inner join {{ touched(ref('int_journey_segments')) }} as segments
        on ends.journey_id = segments.journey_id

),

stays as (

    select
        journey_id,
        pipeline_code,
        stage_code,
        stale_after_seconds * 1000000 as patience,
        {{ microseconds('ended_at') }} - {{ microseconds('began_at') }} as stayed_for,
        row_number() over (
            partition by journey_id, pipeline_code, stage_code order by step_number
        ) as visit_number
    from {{ touched(ref('int_stays')) }}

),

first_stays as (

    select * from stays
    where visit_number = 1

),

kinds as (

    select chosen.fact_code
    from (values ('visited'), ('left'), ('ended')) as chosen (fact_code)

),

facts as (

    select
        visits.journey_id,
        visits.source_code,
        visits.pipeline_code,
        visits.from_stage_code as stage_code,
        kinds.fact_code,
        case when kinds.fact_code = 'visited' then visits.segment_code end
            as segment_code,
        case when kinds.fact_code = 'ended' then visits.end_code end as end_code,
        visits.origin_at,
        case kinds.fact_code
            when 'visited' then visits.origin_known_at
            when 'ended' then visits.end_known_at
        end as known_at,
        case kinds.fact_code
            when 'visited' then 0
            when 'left' then stays.stayed_for
            else visits.ended_after
        end as counts_after,
        case when kinds.fact_code = 'visited' then visits.watched_after end
            as watched_after,
        case when kinds.fact_code = 'visited' then visits.landmark_after end
            as landmark_after,
        case when kinds.fact_code = 'visited' then stays.patience end as patience
    from visits
    left join first_stays as stays
        on visits.journey_id = stays.journey_id
        and visits.pipeline_code = stays.pipeline_code
        and visits.from_stage_code = stays.stage_code
    cross join kinds

),

told as (

    select * from facts
    where counts_after is not null

)

select * from told
