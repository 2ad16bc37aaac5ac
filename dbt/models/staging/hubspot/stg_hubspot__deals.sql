with raw as (

    select * from {{ admitted('hubspot', 'deal') }} as admitted

),

renamed as (

    select
        -- keys
        'hubspot' as source_code,
        {{ record_key('deal_id') }} as deal_id,
        {{ record_key('owner_id') }} as owner_id,

        -- codes
        {{ free_text('deal_pipeline_id') }} as source_pipeline,
        {{ free_text('deal_pipeline_stage_id') }} as source_stage,
        coalesce({{ free_text('property_deal_currency_code') }}, {{ home_currency() }})
            as currency_code,
        {{ free_text('property_closed_lost_reason') }} as loss_reason,
        {{ free_text('property_product') }} as product,
        {{ free_text('property_region') }} as region,
        {{ free_text('property_hs_analytics_source') }} as channel,
        {{ flag('_fivetran_deleted') }} or {{ flag('is_deleted') }} as is_deleted,

        -- numbers
        {{ number('property_amount') }} as amount,
        {{ number('property_hs_deal_stage_probability') }} as probability,

        -- dates
        {{ utc('property_createdate') }} as created_at,
        {{ utc('property_closedate') }} as expected_close_at,
        _extracted_at as known_at,

        -- lineage
        {{ lineage(
            times=['property_createdate', 'property_closedate'],
            numbers=['property_amount', 'property_hs_deal_stage_probability'],
            flags=['_fivetran_deleted', 'is_deleted'],
        ) }}

    from raw

)

select * from renamed
