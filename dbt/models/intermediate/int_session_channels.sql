-- The narrowest spelling of a session's origin that the seed knows names its channel.
with sessions as (

    select * from {{ touched(ref('int_sessions')) }}

),

spelled as (

    select
        source_code, session_id, 1 as width,
        lower(utm_source || ' / ' || utm_medium) as source_channel
    from sessions
    union all
    select source_code, session_id, 2 as width, lower(utm_medium) as source_channel
    from sessions
    union all
    select source_code, session_id, 3 as width, lower(utm_source) as source_channel
    from sessions
    union all
    select source_code, session_id, 4 as width, referring_host as source_channel
    from sessions
    where not is_campaign
    union all
    select
        source_code, session_id, 5 as width,
        case when referring_host is null then '(direct)' else '(referral)' end
            as source_channel
    from sessions
    where not is_campaign

),

known as (

    select
        spelled.source_code,
        spelled.session_id,
        min_by(channels.channel_code, spelled.width) as channel_code
    from spelled
    inner join {{ ref('channels') }} as channels
        on spelled.source_code = channels.source_code
        and spelled.source_channel = lower(channels.source_channel)
    group by spelled.source_code, spelled.session_id

),

coded as (

    select
        sessions.source_code,
        sessions.session_id,
        coalesce(
            known.channel_code, case when sessions.is_campaign then 'unmapped' end
        ) as channel_code
    from sessions
    left join known
        on sessions.source_code = known.source_code
        and sessions.session_id = known.session_id

)

select * from coded
