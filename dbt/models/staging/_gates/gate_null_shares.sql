-- A column that empties is a field renamed or a join lost in the source.
with profiles as (

    select
        profiles.*,
        files.file_name,
        files.extracted_at
    from {{ source('lake', 'profiles') }} as profiles
    inner join {{ source('lake', 'files') }} as files
        on profiles.source_code = files.source_code
        and profiles.table_name = files.table_name
        and profiles.file_sha256 = files.file_sha256
    where profiles.column_name <> '' and files.extracted_at is not null

),

extracts as (

    select
        source_code,
        table_name,
        column_name,
        extracted_at,
        sum(rows_count) as rows_count,
        sum(null_count) as null_count,
        min(file_name) as file_name
    from profiles
    group by source_code, table_name, column_name, extracted_at

),

numbered as (

    select
        *,
        row_number() over (
            partition by source_code, table_name, column_name order by extracted_at desc
        ) as recency
    from extracts

),

counted as (

    select
        source_code,
        table_name,
        column_name,
        count(case when recency > 1 then 1 end) as earlier_count,
        max(case when recency = 1 then file_name end) as example_file,
        cast(sum(case when recency = 1 then rows_count end) as bigint) as rows_count,
        cast(sum(case when recency = 1 then null_count end) as bigint) as null_count,
        coalesce(
            cast(sum(case when recency = 1 then null_count end) as double)
            / nullif(sum(case when recency = 1 then rows_count end), 0),
            0
        ) as null_share,
        coalesce(
            cast(sum(case when recency > 1 then null_count end) as double)
            / nullif(sum(case when recency > 1 then rows_count end), 0),
            0
        ) as usual_null_share
    from numbered
    where recency <= 31
    group by source_code, table_name, column_name

),

-- Of fewer than 50 rows a share moves by chance.
judged as (

    select
        *,
        case
            when earlier_count >= 5 and rows_count >= 50
                then greatest(null_share - usual_null_share, 0)
            else 0
        end as null_rise_share
    from counted

)

select * from judged
