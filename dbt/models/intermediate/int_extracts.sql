-- Each raw table's newest extract and up to 30 before it.
with files as (

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
        and files.file_name = profiles.file_name
        and files.batch_id = profiles.batch_id
        and profiles.column_name = ''
    where files.extracted_at is not null

),

extracts as (

    select
        source_code,
        table_name,
        extracted_at,
        min(file_name) as file_name,
        cast(sum(landed_count) as bigint) as rows_count,
        cast(sum(repeated_count) as bigint) as repeated_count
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

latest as (

    select
        *,
        recency = 1 as is_newest
    from numbered
    where recency <= 31

)

select * from latest
