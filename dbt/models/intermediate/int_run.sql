with run as (

    select * from {{ source('lake', 'runs') }}

)

select * from run
