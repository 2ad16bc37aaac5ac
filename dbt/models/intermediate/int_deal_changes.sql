-- What was known of amount, currency, probability and owner, from when on.
with stated as (

    select source_code, deal_id, field_code, value, changed_at, known_at
    from (
        {{ union_sources('deal_changes') }}
    ) as brought
    where deal_id is not null

),

versions as (

    select * from {{ ref('int_deal_versions') }}

),

fields as (

    {% for field_code in ['amount', 'currency_code', 'expected_close_at', 'probability', 'owner_id'] %}
    select
        source_code,
        deal_id,
        '{{ field_code }}' as field_code,
        cast({{ field_code }} as {{ dbt.type_string() }}) as value,
        known_at,
        version_number
    from versions
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

compared as (

    select
        *,
        lag(value) over (
            partition by source_code, deal_id, field_code order by version_number
        ) as previous_value
    from fields

),

derived as (

    select
        compared.source_code,
        compared.deal_id,
        compared.field_code,
        compared.value,
        compared.known_at as changed_at,
        compared.known_at
    from compared
    where compared.value is distinct from compared.previous_value
        and not exists (
            select 1 from stated
            where stated.source_code = compared.source_code
                and stated.deal_id = compared.deal_id
                and stated.field_code = compared.field_code
        )

),

united as (

    select * from stated
    union all
    select * from derived

),

changes as (

    select
        source_code,
        deal_id,
        field_code,
        value,
        changed_at,
        min(known_at) as known_at
    from united
    where changed_at is not null
    group by source_code, deal_id, field_code, value, changed_at

)

select * from changes
