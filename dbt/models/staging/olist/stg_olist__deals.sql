with raw as (

    select * from {{ admitted('olist', 'closed_deals') }} as admitted

),

renamed as (

    select
        -- keys: a lead becomes at most one deal, which bears its id
        'olist' as source_code,
        {{ record_key('mql_id') }} as deal_id,
        {{ record_key('mql_id') }} as lead_id,
        {{ record_key('sr_id') }} as owner_id,

        -- codes
        'sellers' as source_pipeline,
        'closed deal' as source_stage,
        {{ free_text('business_segment') }} as product,
        _is_vanished as is_deleted,

        -- dates
        {{ utc('won_date') }} as closed_at,
        _extracted_at as known_at,

        -- lineage
        {{ lineage(times=['won_date']) }}

    from raw

)

select * from renamed
