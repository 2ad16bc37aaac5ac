with named as (

    select channel_code, min(channel_name) as channel_name
    from {{ ref('channels') }}
    group by channel_code

),

reserved as (

    select * from named
    union all
    select 'unknown' as channel_code, 'None given' as channel_name
    union all
    select 'unmapped' as channel_code, 'Not in the list of channels' as channel_name

)

select * from reserved
