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
    from {{ ref('int_chance_members') }} as members
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

watched as (

    select
        * {{ exclude() }} (watched_after),  -- noqa: RF02
        case when watched_after > 0 then watched_after end as watched_after
    from landmarks
    where watched_after is null or watched_after < followed_for or watched_after <= 0

)

select * from watched
