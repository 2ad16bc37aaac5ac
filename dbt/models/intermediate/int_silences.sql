-- A change of stage or an action of the customer is a sign of life; what lies between
-- one and the next, or the end of what is known, is a silence. A seller's action is
-- none: who is called and does not answer is silent.
with stays as (

    select *
    from {{ touched(ref('int_stays')) }}
    where not is_deleted

),

signs as (

    select
        journey_id,
        began_at as occurred_at
    from stays
    union
    select
        journey_id,
        occurred_at
    from {{ touched(ref('int_journey_events')) }}
    where is_dated and actor_code = 'customer' and journey_id is not null

),

wins as (

    select
        journey_id,
        began_at as won_at
    from stays
    where is_win

),

followed as (

    select
        *,
        lead(occurred_at) over (
            partition by journey_id order by occurred_at
        ) as next_sign_at
    from signs

),

placed as (

    select
        stays.journey_id,
        stays.source_code,
        stays.pipeline_code,
        stays.credited_stage_code as stage_code,
        stays.is_lost,
        stays.stale_after_seconds,
        followed.occurred_at as began_at,
        followed.next_sign_at as ended_at
    from followed
    inner join stays
        on followed.journey_id = stays.journey_id
        and followed.occurred_at >= stays.began_at
        and (stays.ended_at is null or followed.occurred_at < stays.ended_at)
    where not stays.is_won and not stays.is_unmapped

),

silences as (

    select
        placed.journey_id,
        placed.source_code,
        placed.pipeline_code,
        placed.stage_code,
        placed.is_lost,
        placed.stale_after_seconds,
        placed.began_at,
        placed.ended_at,
        min(wins.won_at) as won_at
    from placed
    left join wins
        on placed.journey_id = wins.journey_id
        and placed.began_at < wins.won_at
    group by
        placed.journey_id, placed.source_code, placed.pipeline_code,
        placed.stage_code, placed.is_lost, placed.stale_after_seconds,
        placed.began_at, placed.ended_at

)

select * from silences
