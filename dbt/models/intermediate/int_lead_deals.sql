-- A deal's earliest lead continues in it; a lead's first deal continues it.
with changes as (

    select * from {{ ref('int_recorded_stage_changes') }}

),

stated as (

    select source_code, lead_id, converted_deal_id as deal_id
    from {{ ref('int_leads') }}
    where converted_deal_id is not null
    union
    select source_code, lead_id, deal_id
    from {{ ref('int_deal_versions') }}
    where lead_id is not null
    union
    select source_code, lead_id, deal_id
    from changes
    where lead_id is not null and deal_id is not null

),

linked as (

    select distinct stated.source_code, stated.lead_id, roots.root_deal_id as deal_id
    from stated
    inner join {{ ref('int_deal_roots') }} as roots
        on stated.source_code = roots.source_code
        and stated.deal_id = roots.deal_id

),

leads_begun as (

    select
        stated.source_code,
        stated.lead_id,
        coalesce(min(leads.created_at), min(changes.changed_at)) as begun_at
    from stated
    left join {{ ref('int_leads') }} as leads
        on stated.source_code = leads.source_code
        and stated.lead_id = leads.lead_id
    left join changes
        on stated.source_code = changes.source_code
        and stated.lead_id = changes.lead_id
        and changes.record_kind = 'lead'
    group by stated.source_code, stated.lead_id

),

deals_begun as (

    select
        roots.source_code,
        roots.root_deal_id as deal_id,
        coalesce(min(deals.created_at), min(changes.changed_at)) as begun_at
    from {{ ref('int_deal_roots') }} as roots
    left join {{ ref('int_deals') }} as deals
        on roots.source_code = deals.source_code
        and roots.root_deal_id = deals.deal_id
    left join changes
        on roots.source_code = changes.source_code
        and roots.deal_id = changes.deal_id
    group by roots.source_code, roots.root_deal_id

),

ranked as (

    select
        linked.*,
        deals_begun.begun_at as deal_begun_at,
        row_number() over (
            partition by linked.source_code, linked.deal_id
            order by leads_begun.begun_at nulls last, linked.lead_id
        ) as lead_number
    from linked
    left join leads_begun
        on linked.source_code = leads_begun.source_code
        and linked.lead_id = leads_begun.lead_id
    left join deals_begun
        on linked.source_code = deals_begun.source_code
        and linked.deal_id = deals_begun.deal_id

),

continued as (

    select
        *,
        row_number() over (
            partition by source_code, lead_id, lead_number = 1
            order by deal_begun_at nulls last, deal_id
        ) as deal_number
    from ranked

)

select * from continued
