-- Staging rows = the newest of each record + told before + without an id or a date;
-- then what models hold = what marts publish of it.
with owners as (

    select
        brought.source_code,
        count(distinct brought.owner_id) as named_count,
        count(distinct published.owner_id) as published_count
    from ({{ union_sources('owners') }}) as brought
    left join {{ ref('dim_owners') }} as published
        on brought.owner_id = published.owner_id
    group by brought.source_code

),

accounts as (

    {{ known_account('deals_known', 'deals', 'deal_id', 'int_deals') }}
    union all
    {{ known_account('leads_known', 'leads', 'lead_id', 'int_leads') }}
    union all
    {{ known_account('contacts_in_persons', 'contacts', 'contact_id', 'int_persons') }}
    union all
    {{ known_account('orders_known', 'orders', 'order_id', 'int_orders') }}
    union all
    {{ linked_account(
        'deal_merges_known', 'deal_merges', 'merged_into_deal_id', 'true'
    ) }}
    union all
    {{ linked_account(
        'deal_contacts_known', 'deal_contacts', 'contact_id',
        'brought.contact_id is not null'
    ) }}
    union all
    select
        'owners_in_dim_owners' as check_code,
        source_code as scope,
        named_count as expected_count,
        published_count as actual_count
    from owners
    union all
    {{ published_account('int_ordered_stage_changes', 'fct_stage_transitions') }}
    union all
    {{ published_account('int_journeys', 'fct_journeys') }}
    union all
    {{ published_account('int_sessions', 'fct_web_sessions') }}

)

select * from accounts
