-- A column that empties is a field renamed or a join lost in the source.
with profiles as (

    select
        profiles.source_code,
        profiles.table_name,
        profiles.column_name,
        profiles.rows_count,
        profiles.null_count,
        extracts.extracted_at,
        extracts.file_name,
        extracts.is_newest
    from {{ source('lake', 'profiles') }} as profiles
    inner join {{ source('lake', 'files') }} as files
        on profiles.source_code = files.source_code
        and profiles.table_name = files.table_name
        and profiles.file_name = files.file_name
        and profiles.batch_id = files.batch_id
    inner join {{ ref('int_extracts') }} as extracts
        on files.source_code = extracts.source_code
        and files.table_name = extracts.table_name
        and files.extracted_at = extracts.extracted_at
    where profiles.column_name <> ''

),

counted as (

    select
        source_code,
        table_name,
        column_name,
        count(distinct case when not is_newest then extracted_at end) as earlier_count,
        max(case when is_newest then file_name end) as example_file,
        cast(coalesce(sum(case when is_newest then rows_count end), 0) as bigint)
            as rows_count,
        cast(coalesce(sum(case when is_newest then null_count end), 0) as bigint)
            as null_count,
        coalesce(
            cast(sum(case when is_newest then null_count end) as double)
            / nullif(sum(case when is_newest then rows_count end), 0),
            0
        ) as null_share,
        coalesce(
            cast(sum(case when not is_newest then null_count end) as double)
            / nullif(sum(case when not is_newest then rows_count end), 0),
            0
        ) as usual_null_share
    from profiles
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
