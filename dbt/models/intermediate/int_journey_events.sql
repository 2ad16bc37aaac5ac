-- Each action that is not ignored, with its journey and what its session says of it.
with actions as (

    select * from {{ touched(ref('int_coded_actions')) }}
    where event_code <> 'ignored'

),

journey_events as (

    select
        -- keys
        actions.event_kind,
        actions.event_id,
        actions.source_code,
        coalesce(actions.person_id, journeys.person_id) as person_id,
        placed.journey_id,
        actions.visitor_id,
        actions.session_id,

        -- codes
        actions.event_code,
        actions.actor_code,
        channels.channel_code,
        sessions.campaign,
        sessions.keyword,
        coalesce(actions.region, sessions.region) as region,
        actions.product,
        coalesce(actions.device, sessions.device) as device,
        sessions.landing_page,
        coalesce(actions.occurred_at <= run.as_of, false) as is_dated,

        -- dates
        actions.occurred_at,
        actions.known_at

    from actions
    cross join {{ ref('int_run') }} as run
    left join {{ ref('int_action_journeys') }} as placed
        on actions.event_kind = placed.event_kind
        and actions.source_code = placed.source_code
        and actions.event_id = placed.event_id
    left join {{ ref('int_journeys') }} as journeys
        on placed.journey_id = journeys.journey_id
    left join {{ ref('int_sessions') }} as sessions
        on actions.source_code = sessions.source_code
        and actions.session_id = sessions.session_id
    left join {{ ref('int_session_channels') }} as channels
        on actions.source_code = channels.source_code
        and actions.session_id = channels.session_id

)

select * from journey_events
