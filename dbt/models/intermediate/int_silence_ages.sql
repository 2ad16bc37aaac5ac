-- The ages at which a silence is asked what came of it.
with ages as (

    select
        chosen.silent_days,
        cast(chosen.silent_days as bigint) * 86400 * 1000000 as silent_microseconds
    from (
        values (0), (7), (14), (30), (60), (90), (180), (365)
    ) as chosen (silent_days)

)

select * from ages
