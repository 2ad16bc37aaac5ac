with points as (

    {{ incidence_points(ref('int_owner_moments')) }}

)

select * from points
