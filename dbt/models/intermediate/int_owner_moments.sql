with moments as (

    {{ incidence_moments(ref('int_owner_cohorts')) }}

)

select * from moments
