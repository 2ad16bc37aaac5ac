-- What an attempt bears that its funnel does not tell by its entry.
with attributed as (

    select
        told.unit_number, told.entry_month,
        {{ attributes('told') | join(', ') }}
    from {{ ref('int_attempt_actions') }} as told
    where told.place_code = 'step'
    union all
    select
        told.unit_number, told.entry_month,
        {{ attributes('told') | join(', ') }}
    from {{ ref('int_attempt_touches') }} as told

)

select * from attributed
