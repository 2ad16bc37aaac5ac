with raw as (

    select * from {{ admitted('plain', 'spend') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ day('spend_date') }} as spend_date,
        {{ free_text('channel') }} as channel,
        {{ free_text('campaign') }} as campaign,
        {{ free_text('keyword') }} as keyword,
        {{ free_text('region') }} as region,
        {{ number('amount') }} as amount,
        {{ free_text('currency_code') }} as currency_code,
        {{ whole('clicks') }} as clicks,
        {{ whole('impressions') }} as impressions,
        _extracted_at as known_at,
        {{ lineage(
            numbers=['amount'],
            dates=['spend_date'],
            wholes=['clicks', 'impressions'],
        ) }}
    from raw

)

select * from renamed
