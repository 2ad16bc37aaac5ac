-- The narrowest alias that fits an action names it; one without a code ignores it.
with actions as (

    select
        actions.event_kind,
        actions.source_code,
        actions.event_id,
        actions.source_event,
        actions.occurred_at,
        actions.known_at,
        coalesce(identified.person_id, persons.person_id) as person_id,
        actions.visitor_id,
        identified.session_id,
        actions.deal_id,
        actions.region,
        actions.product,
        actions.device
    from {{ touched(ref('int_actions')) }} as actions
    left join {{ ref('int_identified_events') }} as identified
        on actions.source_code = identified.source_code
        and actions.web_event_id = identified.event_id
    left join {{ ref('int_persons') }} as persons
        on actions.source_code = persons.source_code
        and actions.contact_id = persons.contact_id

),

aliases as (

    select * from {{ ref('event_aliases') }}

),

broad as (

    select
        source_code,
        source_event,
        coalesce(min(event_code), 'ignored') as event_code,
        min_by(actor_code, event_code) as actor_code
    from aliases
    where property_name is null
    group by source_code, source_event

),

fitted as (

    select
        told.event_kind,
        told.source_code,
        told.event_id,
        aliases.event_code,
        aliases.actor_code,
        row_number() over (
            partition by told.event_kind, told.source_code, told.event_id
            order by
                aliases.property_name,
                aliases.property_value,
                aliases.event_code
        ) as match_number
    from {{ touched(ref('int_event_properties')) }} as told
    inner join aliases
        on told.source_code = aliases.source_code
        and told.source_event = aliases.source_event
        and told.property_name = aliases.property_name
        and told.property_value = aliases.property_value

),

coded as (

    select
        actions.*,
        case
            when fitted.match_number = 1 then coalesce(fitted.event_code, 'ignored')
            else coalesce(broad.event_code, 'unmapped')
        end as event_code,
        case
            when fitted.match_number = 1 then fitted.actor_code
            else broad.actor_code
        end as actor_code
    from actions
    left join fitted
        on actions.event_kind = fitted.event_kind
        and actions.source_code = fitted.source_code
        and actions.event_id = fitted.event_id
        and fitted.match_number = 1
    left join broad
        on actions.source_code = broad.source_code
        and actions.source_event = broad.source_event

)

select * from coded
