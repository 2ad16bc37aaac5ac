with raw as (

    select * from {{ admitted('plain', 'spend') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ try_cast('spend_date', 'date') }} as spend_date,
        {{ free_text('channel') }} as channel,
        {{ free_text('campaign') }} as campaign,
        {{ free_text('keyword') }} as keyword,
        {{ free_text('region') }} as region,
        {{ number('amount') }} as amount,
        {{ free_text('currency_code') }} as currency_code,
        {{ try_cast('clicks', 'bigint') }} as clicks,
        {{ try_cast('impressions', 'bigint') }} as impressions,
        _extracted_at as known_at,
        {{ lineage(
            numbers=['amount'],
            dates=['spend_date'],
            wholes=['clicks', 'impressions'],
        ) }}
    from raw

)

select * from renamed
