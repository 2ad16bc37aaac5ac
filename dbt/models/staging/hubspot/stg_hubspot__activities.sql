with calls as (

    select *, 'call' as source_event
    from {{ admitted('hubspot', 'engagement_call') }} as admitted

),

emails as (

    select *, 'email' as source_event
    from {{ admitted('hubspot', 'engagement_email') }} as admitted

),

meetings as (

    select *, 'meeting' as source_event
    from {{ admitted('hubspot', 'engagement_meeting') }} as admitted

),

deals as (

    select engagement_id, min(deal_id) as deal_id
    from {{ admitted('hubspot', 'engagement_deal') }} as admitted
    group by engagement_id

),

contacts as (

    select engagement_id, min(contact_id) as contact_id
    from {{ admitted('hubspot', 'engagement_contact') }} as admitted
    group by engagement_id

),

engagements as (

    {% for kind in ['calls', 'emails', 'meetings'] %}
    select
        engagement_id,
        source_event,
        property_hubspot_owner_id,
        type,
        property_hs_timestamp,
        _extracted_at,
        _source_file,
        _source_row
    from {{ kind }}
    where not {{ flag('_fivetran_deleted') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

renamed as (

    select
        'hubspot' as source_code,
        {{ record_key('engagements.engagement_id') }} as activity_id,
        {{ record_key('deals.deal_id') }} as deal_id,
        {{ record_key('contacts.contact_id') }} as contact_id,
        {{ record_key('engagements.property_hubspot_owner_id') }} as owner_id,
        engagements.source_event,
        case engagements.type
            when 'INCOMING_EMAIL' then 'in'
            when 'EMAIL' then 'out'
        end as direction_code,
        {{ utc('engagements.property_hs_timestamp') }} as occurred_at,
        engagements._extracted_at as known_at,
        {{ lineage(times=['property_hs_timestamp']) }}
    from engagements
    left join deals on engagements.engagement_id = deals.engagement_id
    left join contacts on engagements.engagement_id = contacts.engagement_id

)

select * from renamed
