-- The horizons of every conversion; decisions of a year are usual.
with horizons as (

    select
        chosen.horizon_days,
        cast(chosen.horizon_days as bigint) * 86400 * 1000000 as horizon_microseconds
    from (values (30), (60), (90), (180), (365), (540), (730)) as chosen (horizon_days)

)

select * from horizons
