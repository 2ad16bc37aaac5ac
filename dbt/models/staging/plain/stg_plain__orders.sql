with raw as (

    select * from {{ admitted('plain', 'orders') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('order_id') }} as order_id,
        {{ record_key('contact_id') }} as contact_id,
        {{ record_key('deal_id') }} as deal_id,
        {{ utc('ordered_at') }} as ordered_at,
        {{ free_text('product') }} as product,
        {{ number('amount') }} as amount,
        {{ free_text('currency_code') }} as currency_code,
        _extracted_at as known_at,
        {{ lineage(times=['ordered_at'], numbers=['amount']) }}
    from raw

)

select * from renamed
