-- Each journey with what its records say of it; segments come after, from this.
with deals as (

    select * from {{ ref('int_deals') }}

),

leads as (

    select * from {{ ref('int_leads') }}

),

described as (

    select
        journeys.*,
        ends.entry_pipeline_code,
        ends.pipeline_code,
        ends.entry_stage_code,
        ends.furthest_stage_code,
        ends.current_stage_code,
        coalesce(ends.outcome_code, 'open') as outcome_code,
        ends.entered_at,
        ends.outcome_at,
        deals.account_id,
        coalesce(deals.contact_id, leads.contact_id) as contact_id,
        coalesce(leads.channel, deals.channel) as source_channel,
        deals.region,
        deals.product,
        deals.loss_reason,
        deals.deleted_at,
        case
            when journeys.deal_id is not null then coalesce(deals.is_deleted, false)
            else coalesce(leads.is_deleted, false)
        end as is_deleted
    from {{ ref('int_journey_keys') }} as journeys
    left join {{ ref('int_journey_ends') }} as ends
        on journeys.journey_id = ends.journey_id
    left join deals
        on journeys.source_code = deals.source_code
        and journeys.deal_id = deals.deal_id
    left join leads
        on journeys.source_code = leads.source_code
        and journeys.lead_id = leads.lead_id

),

coded as (

    select
        described.*,
        case
            when described.source_channel is null then 'unknown'
            else coalesce(channels.channel_code, 'unmapped')
        end as channel_code,
        case
            when described.outcome_code <> 'lost' then null
            when described.loss_reason is null then 'unknown'
            else coalesce(reasons.loss_reason_code, 'unmapped')
        end as loss_reason_code,
        persons.person_id,
        sources.history_from,
        greatest(described.entered_at, sources.history_from) as observed_from
    from described
    left join {{ ref('channels') }} as channels
        on described.source_code = channels.source_code
        and described.source_channel = channels.source_channel
    left join {{ ref('loss_reasons') }} as reasons
        on described.source_code = reasons.source_code
        and described.loss_reason = reasons.source_reason
    left join {{ ref('int_persons') }} as persons
        on described.source_code = persons.source_code
        and described.contact_id = persons.contact_id
    left join {{ ref('int_sources') }} as sources
        on described.source_code = sources.source_code

),

compared as (

    select
        *,
        coalesce(
            person_id is not null
            and entered_at > min(
                case when not is_duplicate and not is_deleted then entered_at end
            ) over (partition by person_id),
            false
        ) as is_returning
    from coded

)

select * from compared
