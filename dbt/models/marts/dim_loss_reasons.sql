with named as (

    select
        loss_reason_code,
        min(loss_reason_name) as loss_reason_name
    from {{ ref('loss_reasons') }}
    group by loss_reason_code

),

reserved as (

    select * from named
    union all
    select 'unknown' as loss_reason_code, 'None given' as loss_reason_name
    union all
    select
        'unmapped' as loss_reason_code,
        'Not in the list of reasons' as loss_reason_name

)

select * from reserved
