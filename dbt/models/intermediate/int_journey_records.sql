with journeys as (

    select * from {{ ref('int_journey_keys') }}

),

records as (

    select
        source_code,
        'lead' as record_kind,
        lead_id as record_id,
        journey_id,
        false as is_absorbed_record,
        cast(null as {{ dbt.type_timestamp() }}) as merged_at
    from journeys
    where lead_id is not null
    union all
    select
        roots.source_code,
        'deal' as record_kind,
        roots.deal_id as record_id,
        journeys.journey_id,
        roots.is_absorbed_record,
        roots.merged_at
    from {{ ref('int_deal_roots') }} as roots
    inner join journeys
        on roots.source_code = journeys.source_code
        and roots.root_deal_id = journeys.deal_id

)

select * from records
