with lead_deals as (

    select * from {{ ref('int_lead_deals') }}

),

leads as (

    select source_code, lead_id from {{ ref('int_leads') }}
    union
    select source_code, lead_id from {{ ref('int_recorded_stage_changes') }}
    where record_kind = 'lead' and record_id is not null
    union
    select source_code, lead_id from lead_deals

),

from_leads as (

    select
        leads.source_code,
        leads.lead_id,
        max(
            case
                when lead_deals.lead_number = 1 and lead_deals.deal_number = 1
                    then lead_deals.deal_id
            end
        ) as deal_id,
        cast(null as {{ dbt.type_string() }}) as prior_lead_id,
        count(lead_deals.deal_id) > 0
        and count(case when lead_deals.lead_number = 1 then 1 end) = 0 as is_duplicate
    from leads
    left join lead_deals
        on leads.source_code = lead_deals.source_code
        and leads.lead_id = lead_deals.lead_id
    group by leads.source_code, leads.lead_id

),

from_deals as (

    select distinct
        roots.source_code,
        cast(null as {{ dbt.type_string() }}) as lead_id,
        roots.root_deal_id as deal_id,
        lead_deals.lead_id as prior_lead_id,
        false as is_duplicate
    from {{ ref('int_deal_roots') }} as roots
    left join lead_deals
        on roots.source_code = lead_deals.source_code
        and roots.root_deal_id = lead_deals.deal_id
        and lead_deals.lead_number = 1
    where lead_deals.deal_number is null or lead_deals.deal_number > 1

),

united as (

    select * from from_leads
    union all
    select * from from_deals

),

identified as (

    select
        case
            when lead_id is null
                then {{ hash_of(['source_code', "'deal'", 'deal_id']) }}
            else {{ hash_of(['source_code', "'lead'", 'lead_id']) }}
        end as journey_id,
        case
            when prior_lead_id is not null
                then {{ hash_of(['source_code', "'lead'", 'prior_lead_id']) }}
        end as prior_journey_id,
        source_code,
        lead_id,
        deal_id,
        is_duplicate
    from united

)

select * from identified
