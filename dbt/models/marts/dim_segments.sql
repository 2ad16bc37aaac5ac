with named as (

    select segment_code, segment_name, priority from {{ ref('segments') }}
    union all
    select 'other' as segment_code, 'Other' as segment_name, null as priority
    where 'other' not in (select segment_code from {{ ref('segments') }})
    union all
    select
        'ended_before_landmark' as segment_code,
        'Ended before their landmark' as segment_name,
        null as priority
    where (select max(landmark_days) from {{ ref('segments') }}) > 0

)

select * from named
