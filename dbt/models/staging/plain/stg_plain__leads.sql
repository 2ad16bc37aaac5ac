with raw as (

    select * from {{ admitted('plain', 'leads') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('lead_id') }} as lead_id,
        {{ record_key('contact_id') }} as contact_id,
        {{ utc('created_at') }} as created_at,
        {{ free_text('channel') }} as channel,
        {{ free_text('campaign') }} as campaign,
        {{ free_text('keyword') }} as keyword,
        {{ free_text('landing_page') }} as landing_page,
        {{ record_key('converted_deal_id') }} as converted_deal_id,
        {{ utc('converted_at') }} as converted_at,
        _extracted_at as known_at,
        {{ lineage(times=['created_at', 'converted_at']) }}
    from raw

)

select * from renamed
