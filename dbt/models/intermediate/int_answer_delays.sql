-- How soon an answer may come to be called so soon: minutes to a week.
with delays as (

    select
        chosen.within_seconds,
        cast(chosen.within_seconds as bigint) * 1000000 as within_microseconds
    from (
        values (300), (3600), (14400), (86400), (259200), (604800)
    ) as chosen (within_seconds)

)

select * from delays
