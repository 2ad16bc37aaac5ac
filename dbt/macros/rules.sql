{#
    The rules (feature_code, operator_code, value) that each of some journeys meets, of
    segments as of scores: by its features at a landmark, an expression over `journeys`
    and `rules`. An action that nobody has counted was done no time. A value is no
    pattern: `_` in it is a sign like any other.
#}
{% macro rules_met(journeys, rules, landmark_days) -%}
    select *
    from (
        select
            journeys.journey_id,
            rules.*,
            case
                when rules.feature_code like 'is!_%' escape '!' then lower(rules.value)
                else rules.value
            end as whole_value,
            {{ try_cast('rules.value', 'double') }} as number,
            '|' || replace(rules.value, ' | ', '|') || '|' as list_value,
            features.text_value,
            coalesce(
                features.number_value,
                case when rules.feature_code like '%!_count' escape '!' then 0 end
            ) as number_value
        from {{ journeys }} as journeys
        cross join {{ rules }} as rules
        left join {{ ref('int_journey_features') }} as features
            on journeys.journey_id = features.journey_id
            and rules.feature_code = features.feature_code
            and {{ landmark_days }} = features.landmark_days
    ) as faced
    where
        case operator_code
            when '=' then coalesce(text_value = whole_value, number_value = number)
            when '!=' then coalesce(text_value <> whole_value, number_value <> number)
            when '<' then number_value < number
            when '<=' then number_value <= number
            when '>' then number_value > number
            when '>=' then number_value >= number
            when 'in' then instr(list_value, '|' || text_value || '|') > 0
            when 'contains' then instr(text_value, value) > 0
            when 'begins' then substring(text_value, 1, length(value)) = value
        end
{%- endmacro %}

{# The width of a band of scores. #}
{% macro band_points() -%}
    10
{%- endmacro %}
