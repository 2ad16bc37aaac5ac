with points as (

    {{ incidence_points(ref('int_chance_moments')) }}

)

select * from points
