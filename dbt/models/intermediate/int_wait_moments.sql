with moments as (

    {{ incidence_moments(ref('int_wait_cohorts')) }}

)

select * from moments
