-- An extract is compared with up to 30 before it; with fewer than five nothing is said.
with runs as (

    select as_of from {{ source('lake', 'runs') }}

),

files as (

    select
        files.source_code,
        files.table_name,
        files.file_name,
        files.extracted_at,
        files.landed_count,
        coalesce(profiles.repeated_count, 0) as repeated_count
    from {{ source('lake', 'files') }} as files
    left join {{ source('lake', 'profiles') }} as profiles
        on files.source_code = profiles.source_code
        and files.table_name = profiles.table_name
        and files.file_sha256 = profiles.file_sha256
        and profiles.column_name = ''
    where files.extracted_at is not null

),

extracts as (

    select
        source_code,
        table_name,
        extracted_at,
        sum(landed_count) as rows_count,
        sum(repeated_count) as repeated_count,
        min(file_name) as file_name
    from files
    group by source_code, table_name, extracted_at

),

numbered as (

    select
        *,
        {{ seconds_between('lag(extracted_at) over followed', 'extracted_at') }}
            as gap_seconds,
        row_number() over newest_first as recency
    from extracts
    window
        followed as (partition by source_code, table_name order by extracted_at),
        newest_first as (
            partition by source_code, table_name order by extracted_at desc
        )

),

counted as (

    select
        source_code,
        table_name,
        count(case when recency > 1 then 1 end) as earlier_count,
        max(extracted_at) as extracted_at,
        max(case when recency = 1 then file_name end) as example_file,
        cast(max(case when recency = 1 then rows_count end) as bigint) as rows_count,
        cast(min(case when recency > 1 then rows_count end) as double) as least_count,
        cast(max(case when recency > 1 then rows_count end) as double) as most_count,
        percentile_cont(0.5) within group (
            order by case when recency > 1 then rows_count end
        ) as median_count,
        max(gap_seconds) as longest_gap_seconds,
        coalesce(
            cast(sum(case when recency = 1 then repeated_count end) as double)
            / nullif(sum(case when recency = 1 then rows_count end), 0),
            0
        ) as repeated_share,
        coalesce(
            cast(sum(case when recency > 1 then repeated_count end) as double)
            / nullif(sum(case when recency > 1 then rows_count end), 0),
            0
        ) as usual_repeated_share
    from numbered
    where recency <= 31
    group by source_code, table_name

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
