{# Statistics in plain SQL, the same on every engine. #}

{% macro cube_members(first='pipelines') -%}
    {# The eight ways of replacing pipeline (or month), segment and channel by `all`. #}
    select * from (
        values
        (0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1),
        (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)
    ) as members (is_all_{{ first }}, is_all_segments, is_all_channels)
{%- endmacro %}

{# Wilson score interval, 95 %: Wilson (1927); sign is + or -. #}
{% macro wilson_bound(successes, trials, sign) -%}
    {#- With an exponent it is a double; a decimal is cut to its scale on some engines. -#}
    {%- set z = "1.959963984540054e0" -%}
    (
        ({{ successes }} + {{ z }} * {{ z }} / 2) / ({{ trials }} + {{ z }} * {{ z }})
        {{ sign }} {{ z }} / ({{ trials }} + {{ z }} * {{ z }}) * sqrt(
            {{ successes }} * ({{ trials }} - {{ successes }}) / cast({{ trials }} as double)
            + {{ z }} * {{ z }} / 4
        )
    )
{%- endmacro %}

{#
    Two-sided tail of the standard normal, 2 (1 - Phi(|z|)) = erfc(|z| / sqrt 2).
    Below x = 2.5 the series erf(x) = 2x/sqrt(pi) exp(-x2) (1 + 2x2/3 (1 + 2x2/5 (...)));
    above it the continued fraction of erfc (Abramowitz and Stegun, 7.1.6 and 7.1.14).
#}
{% macro normal_two_sided_tail(z) -%}
    {%- set x = "(abs(" ~ z ~ ") / sqrt(2.0))" -%}
    {%- set series = namespace(sql="1.0") -%}
    {%- for n in range(60, 0, -1) -%}
        {%- set series.sql = "(1.0 + 2.0 * " ~ x ~ " * " ~ x ~ " / " ~ (2 * n + 1) ~ ".0 * " ~ series.sql ~ ")" -%}
    {%- endfor -%}
    {%- set fraction = namespace(sql=x) -%}
    {%- for n in range(50, 0, -1) -%}
        {%- set fraction.sql = "(" ~ x ~ " + " ~ (n / 2) ~ " / " ~ fraction.sql ~ ")" -%}
    {%- endfor -%}
    case
        when {{ x }} < 2.5
            then 1.0 - 2.0 * {{ x }} / sqrt(pi()) * exp(-{{ x }} * {{ x }}) * {{ series.sql }}
        else exp(-{{ x }} * {{ x }}) / sqrt(pi()) / {{ fraction.sql }}
    end
{%- endmacro %}

{# The interval of a share by its two bounds; null where nobody was tried. #}
{% macro wilson_low(successes, trials) -%}
    case
        when {{ trials }} > 0
            then greatest(0, {{ wilson_bound(successes, trials, '-') }})
    end
{%- endmacro %}

{% macro wilson_high(successes, trials) -%}
    case
        when {{ trials }} > 0
            then least(1, {{ wilson_bound(successes, trials, '+') }})
    end
{%- endmacro %}

{#
    How far two shares lie apart, in standard errors of the share of both together; null
    where one of the four cells is below five.
#}
{% macro pooled_z_score(successes, trials, other_successes, other_trials) -%}
    {%- set share = "(" ~ successes ~ " / cast(" ~ trials ~ " as double))" -%}
    {%- set other_share = "(" ~ other_successes ~ " / cast(" ~ other_trials ~ " as double))" -%}
    {%- set pooled -%}
        (({{ successes }} + {{ other_successes }}) / cast({{ trials }} + {{ other_trials }} as double))
    {%- endset -%}
    case
            when least(
                {{ successes }}, {{ trials }} - {{ successes }},
                {{ other_successes }}, {{ other_trials }} - {{ other_successes }}
            ) >= 5
                then ({{ share }} - {{ other_share }}) / sqrt(
                    {{ pooled }} * (1 - {{ pooled }}) * (
                        1 / cast({{ trials }} as double)
                        + 1 / cast({{ other_trials }} as double)
                    )
                )
        end
{%- endmacro %}

{#
    Rows with a z_score, each with its chance of lying so far out (p_value) and what is
    left of that where as many are looked at together, `among` those of the same columns
    (q_value): Benjamini and Hochberg (1995). `in_order` breaks ties.
#}
{% macro tested_among_others(scores, among, in_order) -%}
    {%- set compared = among | join(', ') -%}
    select
        ranked.*,
        case
            when p_value is not null
                then
                    min(least(p_value * comparisons_count / p_rank, 1.0)) over (
                        partition by {{ compared }}, p_value is null
                        order by p_rank desc
                        rows between unbounded preceding and current row
                    )
        end as q_value
    from (
        select
            tested.*,
            count(p_value) over (partition by {{ compared }}) as comparisons_count,
            row_number() over (
                partition by {{ compared }}
                order by p_value nulls last, {{ in_order | join(', ') }}
            ) as p_rank
        from (
            select
                scores.*,
                case
                    when z_score is not null then {{ normal_two_sided_tail('z_score') }}
                end as p_value
            from {{ scores }} as scores
        ) as tested
    ) as ranked
{%- endmacro %}

{#
    Of a group of clocks at a horizon: all; those that had ended before they began (at
    a landmark); those watched from there to the horizon; of these the converted within.
#}
{% macro followed_counts() -%}
    count(*) as journeys_count,
        count(case when followed_for < 0 and end_code <> 'open' then 1 end)
            as ended_before_landmark_count,
        count(
            case
                when followed_for >= 0
                    and watched_for >= horizon_microseconds
                    and not is_left_truncated
                    then 1
            end
        ) as watched_count,
        count(
            case
                when followed_for between 0 and horizon_microseconds
                    and watched_for >= horizon_microseconds
                    and not is_left_truncated
                    and end_code = 'converted'
                    then 1
            end
        ) as converted_count
{%- endmacro %}

{# The same of each group of clocks, at every horizon; `also` are more aggregates. #}
{% macro counted_to_horizons(clocks, keys, also=[]) -%}
    select
        {{ keys | join(',\n        ') }},
        horizons.horizon_days,
        {% for aggregate in also -%}
        {{ aggregate }},
        {% endfor -%}
        {{ followed_counts() }}
    from {{ clocks }}
    cross join {{ ref('int_horizons') }} as horizons
    group by {{ keys | join(', ') }}, horizons.horizon_days
{%- endmacro %}

{# Of `clocks` from a stage to the sale: how they end, told from a landmark behind it. #}
{% macro clock_from(landmark_at) -%}
    {%- set began_after -%}
        ({{ microseconds(landmark_at) }} - {{ microseconds('clocks.origin_at') }})
    {%- endset -%}
    clocks.end_code,
        clocks.is_left_truncated,
        clocks.followed_for - {{ began_after }} as followed_for,
        clocks.watched_for - {{ began_after }} as watched_for
{%- endmacro %}

{# How long a silence is watched for a win, in microseconds. #}
{% macro recovery_microseconds() -%}
    {{ var('recovery_days') * 86400 * 1000000 }}
{%- endmacro %}
