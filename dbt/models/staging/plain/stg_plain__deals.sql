with raw as (

    select * from {{ admitted('plain', 'deals') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('deal_id') }} as deal_id,
        {{ record_key('lead_id') }} as lead_id,
        {{ record_key('contact_id') }} as contact_id,
        {{ record_key('account_id') }} as account_id,
        {{ free_text('source_pipeline') }} as source_pipeline,
        {{ free_text('source_stage') }} as source_stage,
        {{ record_key('owner_id') }} as owner_id,
        {{ number('amount') }} as amount,
        {{ free_text('currency_code') }} as currency_code,
        {{ number('probability') }} as probability,
        {{ utc('created_at') }} as created_at,
        {{ utc('expected_close_at') }} as expected_close_at,
        {{ utc('closed_at') }} as closed_at,
        {{ free_text('loss_reason') }} as loss_reason,
        {{ free_text('product') }} as product,
        {{ free_text('region') }} as region,
        {{ free_text('channel') }} as channel,
        {{ flag('is_deleted') }} as is_deleted,
        {{ utc('deleted_at') }} as deleted_at,
        {{ record_key('merged_into_deal_id') }} as merged_into_deal_id,
        {{ utc('merged_at') }} as merged_at,
        _extracted_at as known_at,
        {{ lineage(
            times=['created_at', 'expected_close_at', 'closed_at', 'deleted_at', 'merged_at'],
            numbers=['amount', 'probability'],
            flags=['is_deleted'],
        ) }}
    from raw

)

select * from renamed
