-- Each fact once, whichever files bring it: the first that did says when it was known.
with brought as (

    {{ union_sources('stage_changes') }}
    union all
    select * from {{ ref('int_compared_stage_changes') }}

),

named as (

    select
        *,
        case when deal_id is null then 'lead' else 'deal' end as record_kind,
        coalesce(deal_id, lead_id) as record_id
    from brought

),

identified as (

    select
        {{ hash_of([
            'source_code', 'record_kind', 'record_id', 'source_pipeline', 'source_stage',
            microseconds('changed_at'), 'source_sequence',
        ]) }} as transition_id,
        *
    from named

),

numbered as (

    select
        *,
        row_number() over (
            partition by transition_id order by known_at, source_file, source_row
        ) as appearance_number
    from identified

),

known_first as (

    select * from numbered
    where appearance_number = 1

)

select * from known_first
