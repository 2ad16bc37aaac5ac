with versions as (

    select * from {{ ref('int_deal_versions') }}

),

contacts as (

    select
        source_code,
        deal_id,
        min_by(contact_id, (known_at, contact_id)) as contact_id
    from (
        {{ union_sources('deal_contacts') }}
    ) as linked
    group by source_code, deal_id

),

spans as (

    select
        source_code,
        deal_id,
        min(known_at) as first_known_at,
        max(case when not is_deleted then known_at end) as last_alive_at
    from versions
    group by source_code, deal_id

),

deletions as (

    select
        versions.source_code,
        versions.deal_id,
        min(versions.known_at) as first_deleted_at
    from versions
    inner join spans
        on versions.source_code = spans.source_code
        and versions.deal_id = spans.deal_id
    where versions.is_deleted
        and (spans.last_alive_at is null or versions.known_at > spans.last_alive_at)
    group by versions.source_code, versions.deal_id

),

latest as (

    select
        versions.* {{ exclude() }} (
            contact_id, deleted_at, is_deleted,
            merged_into_deal_id, merged_at  -- noqa: RF02
        ),
        coalesce(versions.contact_id, contacts.contact_id) as contact_id,
        merged.merged_into_deal_id,
        merged.merged_at,
        coalesce(versions.is_deleted, false) as is_deleted,
        case
            when versions.is_deleted
                then coalesce(versions.deleted_at, deletions.first_deleted_at)
        end as deleted_at,
        spans.first_known_at
    from versions
    left join {{ ref('int_deal_merges') }} as merged
        on versions.source_code = merged.source_code
        and versions.deal_id = merged.deal_id
    left join contacts
        on versions.source_code = contacts.source_code
        and versions.deal_id = contacts.deal_id
    left join deletions
        on versions.source_code = deletions.source_code
        and versions.deal_id = deletions.deal_id
    left join spans
        on versions.source_code = spans.source_code
        and versions.deal_id = spans.deal_id
    where versions.recency = 1

)

select * from latest
