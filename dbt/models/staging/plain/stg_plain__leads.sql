with raw as (

    select * from {{ admitted('plain', 'leads') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ label('lead_id') }} as lead_id,
        {{ label('contact_id') }} as contact_id,
        {{ utc('created_at') }} as created_at,
        {{ label('channel') }} as channel,
        {{ label('campaign') }} as campaign,
        {{ label('keyword') }} as keyword,
        {{ label('landing_page') }} as landing_page,
        {{ label('converted_deal_id') }} as converted_deal_id,
        {{ utc('converted_at') }} as converted_at,
        _extracted_at as known_at,
        {{ lineage(times=['created_at', 'converted_at']) }}
    from raw

)

select * from renamed
