with moments as (

    {{ incidence_moments(ref('int_conversion_cohorts')) }}

)

select * from moments
