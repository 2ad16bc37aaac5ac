-- Each activity as it was last known, since the first extract that said so.
with versions as (

    {{ union_sources('activities') }}

),

compared as (

    select
        *,
        {{ hash_of([
            'deal_id', 'contact_id', 'owner_id', 'source_event', 'direction_code',
            'occurred_at'
        ]) }} as content_hash
    from versions

),

turned as (

    select
        *,
        lag(content_hash) over so_far as previous_hash,
        row_number() over (
            partition by source_code, activity_id
            order by known_at desc, source_file desc, source_row desc
        ) as recency
    from compared
    window so_far as (
        partition by source_code, activity_id
        order by known_at, source_file, source_row
    )

),

latest as (

    select
        source_code,
        activity_id,
        max(known_at) as first_known_at
    from turned
    where previous_hash is distinct from content_hash
    group by source_code, activity_id

),

activities as (

    select
        turned.source_code,
        turned.activity_id,
        turned.deal_id,
        turned.contact_id,
        turned.owner_id,
        turned.source_event,
        turned.direction_code,
        turned.occurred_at,
        latest.first_known_at as known_at
    from turned
    inner join latest
        on turned.source_code = latest.source_code
        and turned.activity_id = latest.activity_id
    where turned.recency = 1

)

select * from activities
