with points as (

    {{ incidence_points(ref('int_incidence_moments')) }}

)

select * from points
