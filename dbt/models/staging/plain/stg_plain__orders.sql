with raw as (

    select * from {{ admitted('plain', 'orders') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ label('order_id') }} as order_id,
        {{ label('contact_id') }} as contact_id,
        {{ label('deal_id') }} as deal_id,
        {{ utc('ordered_at') }} as ordered_at,
        {{ label('product') }} as product,
        {{ number('amount') }} as amount,
        {{ label('currency_code') }} as currency_code,
        _extracted_at as known_at,
        {{ lineage(times=['ordered_at'], numbers=['amount']) }}
    from raw

)

select * from renamed
