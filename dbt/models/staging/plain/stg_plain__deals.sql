with raw as (

    select * from {{ admitted('plain', 'deals') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ label('deal_id') }} as deal_id,
        {{ label('lead_id') }} as lead_id,
        {{ label('contact_id') }} as contact_id,
        {{ label('account_id') }} as account_id,
        {{ label('source_pipeline') }} as source_pipeline,
        {{ label('source_stage') }} as source_stage,
        {{ label('owner_id') }} as owner_id,
        {{ number('amount') }} as amount,
        {{ label('currency_code') }} as currency_code,
        {{ number('probability') }} as probability,
        {{ utc('created_at') }} as created_at,
        {{ utc('expected_close_at') }} as expected_close_at,
        {{ utc('closed_at') }} as closed_at,
        {{ label('loss_reason') }} as loss_reason,
        {{ label('product') }} as product,
        {{ label('region') }} as region,
        {{ label('channel') }} as channel,
        {{ flag('is_deleted') }} as is_deleted,
        {{ utc('deleted_at') }} as deleted_at,
        {{ label('merged_into_deal_id') }} as merged_into_deal_id,
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
