-- Staging rows = the newest of each record + told before + without an id or a date;
-- then what models hold = what marts publish of it.
with deals as (

    select
        source_code,
        count(*) as rows_count,
        count(case when deal_id is null then 1 end) as aside_count
    from ({{ union_sources('deals') }}) as brought
    group by source_code

),

deals_told as (

    select source_code, count(case when recency > 1 then 1 end) as again_count
    from {{ ref('int_deal_versions') }}
    group by source_code

),

deals_kept as (

    select source_code, count(*) as rows_count
    from {{ ref('int_deals') }}
    group by source_code

),

leads as (

    select
        source_code,
        count(*) as rows_count,
        count(case when lead_id is null then 1 end) as aside_count,
        count(lead_id) - count(distinct lead_id) as again_count
    from ({{ union_sources('leads') }}) as brought
    group by source_code

),

leads_kept as (

    select source_code, count(*) as rows_count
    from {{ ref('int_leads') }}
    group by source_code

),

contacts as (

    select
        source_code,
        count(*) as rows_count,
        count(case when contact_id is null then 1 end) as aside_count,
        count(contact_id) - count(distinct contact_id) as again_count
    from ({{ union_sources('contacts') }}) as brought
    group by source_code

),

contacts_kept as (

    select source_code, count(*) as rows_count
    from {{ ref('int_persons') }}
    group by source_code

),

deal_changes as (

    select
        source_code,
        deal_id,
        field_code,
        changed_at,
        count(*) as rows_count
    from ({{ union_sources('deal_changes') }}) as brought
    group by source_code, deal_id, field_code, changed_at

),

deal_changes_kept as (

    select
        brought.source_code,
        sum(brought.rows_count) as rows_count,
        sum(
            case
                when brought.deal_id is null or brought.changed_at is null
                    then brought.rows_count
                else brought.rows_count - 1
            end
        ) as aside_count,
        count(kept.deal_id) as kept_count
    from deal_changes as brought
    left join {{ ref('int_deal_changes') }} as kept
        on brought.source_code = kept.source_code
        and brought.deal_id = kept.deal_id
        and brought.field_code is not distinct from kept.field_code
        and brought.changed_at = kept.changed_at
    group by brought.source_code

),

deal_merges as (

    select
        brought.source_code,
        count(distinct brought.deal_id) as merged_count,
        count(
            distinct case
                when deals.merged_into_deal_id is not null then brought.deal_id
            end
        ) as kept_count,
        count(
            distinct case when deals.deal_id is null then brought.deal_id end
        ) as unknown_count
    from ({{ union_sources('deal_merges') }}) as brought
    left join {{ ref('int_deals') }} as deals
        on brought.source_code = deals.source_code
        and brought.deal_id = deals.deal_id
    group by brought.source_code

),

deal_contacts as (

    select
        brought.source_code,
        count(distinct brought.deal_id) as linked_count,
        count(
            distinct case when deals.contact_id is not null then brought.deal_id end
        ) as kept_count,
        count(
            distinct case when deals.deal_id is null then brought.deal_id end
        ) as unknown_count
    from ({{ union_sources('deal_contacts') }}) as brought
    left join {{ ref('int_deals') }} as deals
        on brought.source_code = deals.source_code
        and brought.deal_id = deals.deal_id
    where brought.contact_id is not null
    group by brought.source_code

),

owners as (

    select
        brought.source_code,
        count(distinct brought.owner_id) as named_count,
        count(distinct published.owner_id) as published_count
    from ({{ union_sources('owners') }}) as brought
    left join {{ ref('dim_owners') }} as published
        on brought.owner_id = published.owner_id
    group by brought.source_code

),

published as (

    {% for held, mart in [
        ('int_ordered_stage_changes', 'fct_stage_transitions'),
        ('int_journeys', 'fct_journeys'),
        ('int_sessions', 'fct_web_sessions'),
    ] %}
    select
        '{{ mart }}' as mart_name,
        source_code,
        count(*) as held_count,
        0 as published_count
    from {{ ref(held) }}
    group by source_code
    union all
    select
        '{{ mart }}' as mart_name,
        source_code,
        0 as held_count,
        count(*) as published_count
    from {{ ref(mart) }}
    group by source_code
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

accounts as (

    select
        'deals_known' as check_code,
        deals.source_code as scope,
        deals.rows_count as expected_count,
        deals.aside_count
        + coalesce(deals_told.again_count, 0)
        + coalesce(deals_kept.rows_count, 0) as actual_count
    from deals
    left join deals_told on deals.source_code = deals_told.source_code
    left join deals_kept on deals.source_code = deals_kept.source_code
    union all
    select
        'leads_known' as check_code,
        leads.source_code as scope,
        leads.rows_count as expected_count,
        leads.aside_count
        + leads.again_count
        + coalesce(leads_kept.rows_count, 0) as actual_count
    from leads
    left join leads_kept on leads.source_code = leads_kept.source_code
    union all
    select
        'contacts_in_persons' as check_code,
        contacts.source_code as scope,
        contacts.rows_count as expected_count,
        contacts.aside_count
        + contacts.again_count
        + coalesce(contacts_kept.rows_count, 0) as actual_count
    from contacts
    left join contacts_kept on contacts.source_code = contacts_kept.source_code
    union all
    select
        'deal_changes_known' as check_code,
        source_code as scope,
        rows_count as expected_count,
        aside_count + kept_count as actual_count
    from deal_changes_kept
    union all
    select
        'deal_merges_known' as check_code,
        source_code as scope,
        merged_count as expected_count,
        kept_count + unknown_count as actual_count
    from deal_merges
    union all
    select
        'deal_contacts_known' as check_code,
        source_code as scope,
        linked_count as expected_count,
        kept_count + unknown_count as actual_count
    from deal_contacts
    union all
    select
        'owners_in_dim_owners' as check_code,
        source_code as scope,
        named_count as expected_count,
        published_count as actual_count
    from owners
    union all
    select
        'published_in_' || mart_name as check_code,
        source_code as scope,
        sum(held_count) as expected_count,
        sum(published_count) as actual_count
    from published
    group by mart_name, source_code

)

select * from accounts
