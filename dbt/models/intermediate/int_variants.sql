-- A sequence is cut behind its first actions: what is longer is one variant with all
-- that begin alike. Of whom nothing was seen the variant is unknown, not none.
with journeys as (

    select
        journeys.journey_id,
        coalesce(journeys.entry_pipeline_code, 'unknown') as pipeline_code,
        journeys.entry_stage_code,
        segments.segment_code,
        segments.landmark_days,
        segments.landmark_at
    from {{ touched(ref('int_journeys')) }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate

),

sequences as (

    select
        *,
        {{ first_parts('text_value', ' > ', var('variant_actions')) }} as beginning
    from {{ touched(ref('int_journey_features')) }}
    where feature_code = 'actions_sequence'

),

told as (

    select
        journeys.*,
        pages.entry_page,
        pages.interest,
        pages.exit_page,
        case
            when length(sequences.text_value) > length(sequences.beginning)
                then sequences.beginning || ' > ...'
            else sequences.beginning
        end as sequence
    from journeys
    left join sequences
        on journeys.journey_id = sequences.journey_id
        and journeys.landmark_days = sequences.landmark_days
    left join {{ ref('int_journey_pages') }} as pages
        on journeys.journey_id = pages.journey_id

),

variants as (

    {% for kind in ['sequence', 'entry_page', 'interest', 'exit_page'] %}
    select
        journey_id,
        pipeline_code,
        entry_stage_code,
        segment_code,
        landmark_days,
        landmark_at,
        '{{ kind }}' as variant_kind_code,
        coalesce({{ kind }}, 'unknown') as variant_name
    from told
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from variants
