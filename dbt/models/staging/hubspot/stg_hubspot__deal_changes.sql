with raw as (

    select * from {{ admitted('hubspot', 'deal_property_history') }} as admitted

),

renamed as (

    select
        -- keys
        'hubspot' as source_code,
        {{ record_key('deal_id') }} as deal_id,

        -- codes
        case name
            when 'amount' then 'amount'
            when 'closedate' then 'expected_close_at'
            when 'deal_currency_code' then 'currency_code'
            when 'hs_deal_stage_probability' then 'probability'
            when 'hubspot_owner_id' then 'owner_id'
        end as field_code,
        {{ record_key('value') }} as value,

        -- dates
        {{ utc('"timestamp"') }} as changed_at,
        _extracted_at as known_at,

        -- lineage
        {{ lineage(times=['"timestamp"']) }}

    from raw

),

kept as (

    select * from renamed
    where field_code is not null

)

select * from kept
