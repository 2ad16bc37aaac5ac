with named as (

    select segment_code, segment_name, priority from {{ ref('segments') }}
    union all
    select 'other' as segment_code, 'Other' as segment_name, null as priority
    where not exists (select 1 from {{ ref('segments') }} where segment_code = 'other')

)

select * from named
