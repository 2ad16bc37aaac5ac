-- Which campaign and keyword brought a journey is told by who tells its channel: the
-- lead itself, else the first visit of that channel up to the landmark.
with journeys as (

    select journey_id, source_code, lead_id, channel_code
    from {{ ref('int_journeys') }}

),

leads as (

    select source_code, lead_id, campaign, keyword
    from {{ ref('int_leads') }}
    where coalesce(campaign, keyword) is not null

),

visits as (

    select
        touches.journey_id,
        min_by(touches.source_code, touches.touch_number) as source_code,
        min_by(touches.session_id, touches.touch_number) as session_id
    from {{ ref('int_journey_touches') }} as touches
    inner join journeys
        on touches.journey_id = journeys.journey_id
        and journeys.channel_code in ('unknown', touches.channel_code)
    group by touches.journey_id

),

campaigns as (

    select
        journeys.journey_id,
        case
            when leads.lead_id is null then sessions.campaign else leads.campaign
        end as campaign,
        case
            when leads.lead_id is null then sessions.keyword else leads.keyword
        end as keyword
    from journeys
    left join leads
        on journeys.source_code = leads.source_code
        and journeys.lead_id = leads.lead_id
    left join visits on journeys.journey_id = visits.journey_id
    left join {{ ref('int_sessions') }} as sessions
        on visits.source_code = sessions.source_code
        and visits.session_id = sessions.session_id

)

select * from campaigns
