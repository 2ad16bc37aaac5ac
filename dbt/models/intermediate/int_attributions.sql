-- How a lead is credited to channels. `stated` is what the CRM says; the others go by
-- the sessions that came before.
with attributions as (

    select chosen.attribution_code
    from (
        values
        ('stated'), ('first_touch'), ('last_touch'), ('linear'), ('position_based')
    ) as chosen (attribution_code)

)

select * from attributions
