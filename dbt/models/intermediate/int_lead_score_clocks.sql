-- From the landmark up to which the score was read, to the sale: each lead in its band
-- of points, at its level, and among all.
with scores as (

    select * from {{ ref('int_lead_scores') }}

),

clocks as (

    select
        scores.*,
        {{ clock_from('scores.landmark_at') }}
    from scores
    inner join {{ ref('int_won_clocks') }} as clocks
        on scores.journey_id = clocks.journey_id
        and scores.pipeline_code = clocks.pipeline_code
        and scores.entry_stage_code = clocks.stage_code

),

banded as (

    {% for band_kind, columns in {
        'all': ("'all'", 'null'),
        'level': (
            'level_code',
            "case level_code when 'sales_qualified' then sales_points "
            ~ "when 'marketing_qualified' then marketing_points end",
        ),
        'points': ("'points'", 'points_from'),
    }.items() %}
    select
        '{{ band_kind }}' as band_kind,
        {{ columns[0] }} as band_code,
        cast({{ columns[1] }} as double) as points_from,
        journey_id,
        pipeline_code,
        end_code,
        followed_for,
        watched_for,
        is_left_truncated
    from clocks
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from banded
