-- With fewer than five extracts before it, nothing is said of the newest.
with counted as (

    select
        source_code,
        table_name,
        count(case when not is_newest then 1 end) as earlier_count,
        max(extracted_at) as extracted_at,
        max(case when is_newest then file_name end) as example_file,
        max(case when is_newest then rows_count end) as rows_count,
        cast(min(case when not is_newest then rows_count end) as double) as least_count,
        cast(max(case when not is_newest then rows_count end) as double) as most_count,
        percentile_cont(0.5) within group (
            order by case when not is_newest then rows_count end
        ) as median_count,
        max(gap_seconds) as longest_gap_seconds,
        coalesce(
            cast(sum(case when is_newest then repeated_count end) as double)
            / nullif(sum(case when is_newest then rows_count end), 0),
            0
        ) as repeated_share,
        coalesce(
            cast(sum(case when not is_newest then repeated_count end) as double)
            / nullif(sum(case when not is_newest then rows_count end), 0),
            0
        ) as usual_repeated_share
    from {{ ref('int_extracts') }}
    group by source_code, table_name

),

runs as (

    select as_of from {{ source('lake', 'runs') }}

),

-- A file of the very same content again is no news, but a sign of life.
repeats as (

    select source_code, table_name, max(extracted_at) as repeated_at
    from {{ source('lake', 'manifest') }}
    where status_code = 'duplicate'
        and extracted_at <= (select runs.as_of from runs)
    group by source_code, table_name

),

compared as (

    select
        counted.*,
        counted.earlier_count >= 5 as is_comparable,
        {{ seconds_between(
            'greatest(counted.extracted_at, '
            ~ 'coalesce(repeats.repeated_at, counted.extracted_at))',
            'runs.as_of'
        ) }} as age_seconds
    from counted
    cross join runs
    left join repeats
        on counted.source_code = repeats.source_code
        and counted.table_name = repeats.table_name

),

judged as (

    select
        *,
        case
            when is_comparable
                then
                    greatest(
                        (rows_count - most_count) / greatest(most_count, 10),
                        (least_count - rows_count) / greatest(least_count, 10),
                        0
                    )
            else 0
        end as volume_share,
        case
            when is_comparable
                then age_seconds / greatest(longest_gap_seconds, 86400)
            else 0
        end as overdue_share,
        case
            when is_comparable and rows_count >= 20
                then greatest(repeated_share - usual_repeated_share, 0)
            else 0
        end as repeated_rise_share
    from compared

)

select * from judged
