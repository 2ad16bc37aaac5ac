-- Where no currency is named, home is meant.
with versions as (

    {{ union_sources('deals') }}

),

marked as (

    select
        * {{ exclude() }} (currency_code),
        coalesce(currency_code, {{ home_currency() }}) as currency_code,
        source_code in ({{ sources_with('stage_changes') }}) as has_recorded_history,
        row_number() over (
            partition by source_code, deal_id order by known_at, source_file, source_row
        ) as version_number,
        -- the same order counted from its end, so that rows are sorted once
        count(*) over (
            partition by source_code, deal_id order by known_at, source_file, source_row
            rows between current row and unbounded following
        ) as recency
    from versions
    where deal_id is not null

)

select * from marked
