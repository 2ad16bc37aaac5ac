-- Of those still at a stage after once and twice its patience, what followed from then
-- on: who left before is not among them. Who is in a segment only from its landmark on
-- is watched there from then on; in the stage as a whole, from the beginning.
with patiences as (

    select
        chosen.patience_count,
        chosen.is_all_segments
    from (
        values (0, 1), (0, 0), (1, 0), (2, 0)
    ) as chosen (patience_count, is_all_segments)

),

lasting as (

    select
        members.*,
        patiences.patience_count,
        patiences.is_all_segments,
        case
            when patiences.patience_count > 0
                then patiences.patience_count * members.patience
        end as lasted_for
    from {{ touched(ref('int_chance_members')) }} as members
    inner join patiences
        on patiences.patience_count = 0
        or (
            members.patience > 0
            and members.followed_for > patiences.patience_count * members.patience
            and coalesce(
                members.stayed_for > patiences.patience_count * members.patience, true
            )
        )

),

landmarks as (

    select
        forecast_at,
        pipeline_code,
        stage_code,
        case when is_all_segments = 1 then 'all' else segment_code end as segment_code,
        patience_count,
        end_code,
        followed_for,
        case
            when is_all_segments = 1 then watched_after
            else greatest(watched_after, lasted_for, landmark_after)
        end as watched_after
    from lasting

),

cohorts as (

    select
        landmarks.forecast_at,
        places.cohort_number,
        landmarks.end_code,
        landmarks.followed_for,
        case when landmarks.watched_after > 0 then landmarks.watched_after end
            as watched_after
    from landmarks
    inner join {{ ref('int_chance_places') }} as places
        on landmarks.forecast_at = places.forecast_at
        and landmarks.pipeline_code = places.pipeline_code
        and landmarks.stage_code = places.stage_code
        and landmarks.segment_code = places.segment_code
        and landmarks.patience_count = places.patience_count
    where landmarks.watched_after is null
        or landmarks.watched_after < landmarks.followed_for
        or landmarks.watched_after <= 0

)

select * from cohorts
