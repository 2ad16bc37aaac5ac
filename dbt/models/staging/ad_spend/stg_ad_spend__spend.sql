with raw as (

    select * from {{ admitted('ad_spend', 'spend') }} as admitted

),

renamed as (

    select
        -- keys
        'ad_spend' as source_code,
        {{ day('"date"') }} as spend_date,
        {{ free_text('channel') }} as channel,
        {{ free_text('campaign') }} as campaign,
        {{ free_text('keyword') }} as keyword,
        {{ free_text('region') }} as region,
        upper({{ label('currency') }}) as currency_code,

        -- numbers
        {{ number('amount') }} as amount,
        {{ whole('clicks') }} as clicks,
        {{ whole('impressions') }} as impressions,

        -- dates
        _extracted_at as known_at,

        -- lineage
        {{ lineage(
            numbers=['amount'],
            dates=['"date"'],
            wholes=['clicks', 'impressions'],
        ) }}

    from raw

)

select * from renamed
