-- What was known of amount, currency, probability and owner, from when on.
with stated as (

    select
        source_code, deal_id, field_code,
        case
            when field_code = 'currency_code'
                then coalesce(value, {{ home_currency() }})
            else value
        end as value,
        changed_at,
        known_at
    from (
        {{ union_sources('deal_changes') }}
    ) as brought
    where deal_id is not null

),

fields as (

    {% for field_code in [
        'amount', 'currency_code', 'expected_close_at', 'probability', 'owner_id'
    ] %}
    select
        source_code, deal_id,
        '{{ field_code }}' as field_code,
        cast({{ field_code }} as {{ dbt.type_string() }}) as value,
        known_at,
        version_number
    from {{ ref('int_deal_versions') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

stated_fields as (

    select distinct source_code, deal_id, field_code from stated

),

compared as (

    select
        fields.*,
        lag(fields.value) over (
            partition by fields.source_code, fields.deal_id, fields.field_code
            order by fields.version_number
        ) as previous_value
    from fields
    left join stated_fields
        on fields.source_code = stated_fields.source_code
        and fields.deal_id = stated_fields.deal_id
        and fields.field_code = stated_fields.field_code
    where stated_fields.deal_id is null

),

derived as (

    select
        source_code, deal_id, field_code, value,
        -- nothing is known from before: the first value has held all along
        case
            when version_number = 1 then timestamp '0001-01-01 00:00:00'
            else known_at
        end as changed_at,
        known_at
    from compared
    where version_number = 1 or value is distinct from previous_value

),

united as (

    select * from stated
    union all
    select * from derived

),

changes as (

    select
        source_code, deal_id, field_code,
        -- of two values at one instant, the one known later corrects the other
        nullif(
            max_by(coalesce(value, ''), (known_at, coalesce(value, ''))), ''
        ) as value,
        changed_at,
        min(known_at) as known_at
    from united
    where changed_at is not null
    group by source_code, deal_id, field_code, changed_at

)

select * from changes
