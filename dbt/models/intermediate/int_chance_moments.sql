with moments as (

    {{ incidence_moments(ref('int_chance_cohorts')) }}

)

select * from moments
