-- Silences as far as their source is watched, which moves every night.
with silences as (

    select
        silences.*,
        sources.observed_until
    from {{ ref('int_silences') }} as silences
    inner join {{ ref('int_sources') }} as sources
        on silences.source_code = sources.source_code
        and silences.began_at <= sources.observed_until

)

select * from silences
