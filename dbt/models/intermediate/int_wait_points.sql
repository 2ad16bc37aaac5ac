with points as (

    {{ incidence_points(ref('int_wait_moments')) }}

)

select * from points
