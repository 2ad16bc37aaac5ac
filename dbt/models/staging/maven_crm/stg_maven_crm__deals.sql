with raw as (

    select * from {{ admitted('maven_crm', 'sales_pipeline') }} as admitted

),

renamed as (

    select
        -- keys
        'maven_crm' as source_code,
        {{ record_key('opportunity_id') }} as deal_id,
        {{ record_key('account') }} as account_id,
        {{ record_key('sales_agent') }} as owner_id,

        -- codes
        'sales_pipeline' as source_pipeline,
        {{ free_text('deal_stage') }} as source_stage,
        'USD' as currency_code,
        {{ free_text('product') }} as product,
        _is_vanished as is_deleted,

        -- numbers
        {{ number('close_value') }} as amount,

        -- dates
        {{ utc('engage_date') }} as created_at,
        {{ utc('close_date') }} as closed_at,
        _extracted_at as known_at,

        -- lineage
        {{ lineage(times=['engage_date', 'close_date'], numbers=['close_value']) }}

    from raw

)

select * from renamed
