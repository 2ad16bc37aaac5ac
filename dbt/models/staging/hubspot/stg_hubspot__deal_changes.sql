with raw as (

    select
        *,
        case name
            when 'amount' then 'amount'
            when 'closedate' then 'expected_close_at'
            when 'deal_currency_code' then 'currency_code'
            when 'hs_deal_stage_probability' then 'probability'
            when 'hubspot_owner_id' then 'owner_id'
        end as field_code
    from {{ admitted('hubspot', 'deal_property_history') }} as admitted

),

written as (

    select
        *,
        {{ written_by_kind('field_code', 'value') }}
    from raw
    where field_code is not null

),

renamed as (

    select
        -- keys
        'hubspot' as source_code,
        {{ record_key('deal_id') }} as deal_id,

        -- codes
        field_code,
        {{ changed_value() }} as value,

        -- dates
        {{ utc('"timestamp"') }} as changed_at,
        _extracted_at as known_at,

        -- lineage
        {{ lineage(
            times=['"timestamp"', 'written_time'],
            numbers=['written_number'],
        ) }}

    from written

)

select * from renamed
