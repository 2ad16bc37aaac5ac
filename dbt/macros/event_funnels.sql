{# What the models of event funnels share. #}

{# The unit of an event funnel that an action belongs to; null: in none. #}
{% macro funnel_unit(funnels, events) -%}
    case {{ funnels }}.unit_code
            when 'person' then {{ events }}.person_id
            when 'visitor' then {{ events }}.source_code || '/' || {{ events }}.visitor_id
            when 'session' then {{ events }}.source_code || '/' || {{ events }}.session_id
            when 'journey' then {{ events }}.journey_id
        end
{%- endmacro %}

{#
    Funnel, unit and part as a number of 64 bits, for joins: of ten million units two
    share one with a chance of 3 in a million.
#}
{% macro unit_number() -%}
    case
            when unit_id is not null
                then {{ hash_number(['funnel_code', 'unit_id', 'part_key']) }}
        end
{%- endmacro %}

{# Whether two rows are of the same funnel, unit and part: their number is made of them. #}
{% macro is_same_unit(left, right) -%}
    {{ left }}.unit_number = {{ right }}.unit_number
{%- endmacro %}

{% macro is_same_instant(left, right) -%}
    {{ is_same_unit(left, right) }}
        and {{ left }}.occurred_at = {{ right }}.occurred_at
{%- endmacro %}

{# Which steps the action of an entry may fill. #}
{% macro mask_of_entry(mode_code) -%}
    case when {{ mode_code }} = 'unordered' then {{ 2 ** most_steps() - 1 }} else 1 end
{%- endmacro %}

{# Attributed to all events, a unit's actions are parted by all that describes them. #}
{% macro funnel_part(funnels, events) -%}
    case
            when {{ funnels }}.attribution_code = 'all_events'
                then {{ hash_of(attributes(events)) }}
            else ''
        end
{%- endmacro %}

{# An attempt has a time per step, at_1 to at_10; seeds with more are refused. #}
{% macro most_steps() -%}
    {{ return(10) }}
{%- endmacro %}

{# The at_ column that an integer column names. #}
{% macro time_of_step(attempts, step) -%}
    case {{ step }}
            {% for number in range(1, most_steps() + 1) -%}
            when {{ number }} then {{ attempts }}.at_{{ number }}
            {% endfor -%}
        end
{%- endmacro %}

{#
    Attempts one leg further: each with the first later run that begins at its next
    step, where that lies inside the window.
#}
{% macro next_legs(legs, runs) -%}
    {{ return(adapter.dispatch('next_legs')(legs, runs)) }}
{%- endmacro %}

{# Runs that the n-th leg of an attempt can be: n - 1 steps are done before it. #}
{% macro runs_of_leg(runs, leg) -%}
    (select * from {{ runs }} where from_step >= {{ leg }})
{%- endmacro %}

{% macro default__next_legs(legs, runs) -%}
    select
        {{ leg_columns('legs', 'runs') }}
    from {{ legs }} as legs
    asof inner join {{ runs }} as runs
        on legs.unit_number = runs.unit_number
        and legs.furthest_step_order + 1 = runs.from_step
        and legs.completed_at < runs.occurred_at
    where runs.occurred_at <= legs.window_ends_at
{%- endmacro %}

{# What is read of a matching action, and of the way in which it matches. #}
{% macro matched_columns(events=none, ways=none) -%}
    {% set told = event_keys() + ['person_id', 'journey_id', 'occurred_at'] -%}
    {{ named_columns(told, events) }},
        {{ named_columns(attribute_names(), events) }},
        {{ named_columns(way_names() + ['way_number', 'step_mask'], ways) }}
{%- endmacro %}

{# Whether an action lies in the range of its funnel's entries. #}
{% macro is_in_range(events, funnels) -%}
    {{ events }}.occurred_at >= {{ funnels }}.entry_from
        and {{ events }}.occurred_at < {{ funnels }}.entry_to
{%- endmacro %}

{# By which an action counts for a funnel in one way or another. #}
{% macro way_names() -%}
    {{ return([
        'funnel_code', 'is_pruned', 'match_kind', 'match_code', 'from_step', 'to_step'
    ]) }}
{%- endmacro %}

{% macro way_columns(ways=none) -%}
    {{ named_columns(way_names(), ways) }}
{%- endmacro %}

{% macro event_keys() -%}
    {{ return(['event_kind', 'source_code', 'event_id']) }}
{%- endmacro %}

{% macro are_same(names, left, right) -%}
    {%- for name in names -%}
    {{ left }}.{{ name }} = {{ right }}.{{ name }}{{ '\n        and ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Which steps an action may fill, or between which it excludes, and for whom. #}
{% macro hit_columns(matches=none, ways=none) -%}
    {{ named_columns(['funnel_code', 'match_kind', 'from_step', 'to_step'], ways) }},
        {{ named_columns(
            ['unit_number', 'occurred_at', 'step_mask', 'is_entry', 'slice_number'], matches
        ) }}
{%- endmacro %}

{% macro named_columns(names, relation=none) -%}
    {%- for name in names -%}
    {{ relation ~ '.' if relation }}{{ name }}{{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# A number of what attempts are counted by and that their entry tells. #}
{% macro slice_number(events) -%}
    {{ hash_number([
            events ~ '.channel_code', events ~ '.journey_id', events ~ '.source_code'
        ]) }}
{%- endmacro %}

{# The last entry before each second step, where that lies inside the entry's window. #}
{% macro last_before(seconds, entries) -%}
    {{ return(adapter.dispatch('last_before')(seconds, entries)) }}
{%- endmacro %}

{% macro default__last_before(seconds, entries) -%}
    select entries.unit_number, entries.occurred_at
    from {{ seconds }} as seconds
    asof inner join {{ entries }} as entries
        on seconds.unit_number = entries.unit_number
        and seconds.occurred_at > entries.occurred_at
    where seconds.occurred_at
        <= {{ plus_seconds('entries.occurred_at', 'seconds.window_seconds') }}
{%- endmacro %}

{# One sort, as an engine without ASOF has to: forth in time, seconds before ties. #}
{% macro spark__last_before(seconds, entries) -%}
    select unit_number, entered_at as occurred_at
    from (
        select
            unit_number,
            is_second,
            occurred_at as led_to_at,
            window_seconds,
            max(case when is_second = 0 then occurred_at end) over (
                partition by unit_number
                order by occurred_at, is_second desc
                rows between unbounded preceding and current row
            ) as entered_at
        from (
            select unit_number, occurred_at, window_seconds, 1 as is_second
            from {{ seconds }}
            union all
            select unit_number, occurred_at, null as window_seconds, 0 as is_second
            from {{ entries }}
        ) as both_steps
    ) as preceded
    where is_second = 1
        and led_to_at <= {{ plus_seconds('entered_at', 'window_seconds') }}
{%- endmacro %}

{% macro leg_columns(legs, runs) -%}
    {{ legs }}.funnel_code,
        {{ legs }}.unit_number,
        {{ legs }}.entered_at,
        {{ legs }}.window_ends_at,
        {{ runs }}.to_step as furthest_step_order,
        {{ runs }}.occurred_at as completed_at,
        {%- for number in range(1, most_steps() + 1) %}
        case
            when {{ number }} between {{ runs }}.from_step and {{ runs }}.to_step
                then {{ runs }}.occurred_at
            else {{ legs }}.at_{{ number }}
        end as at_{{ number }},
        {%- endfor %}
        {{ runs }}.instant_number
{%- endmacro %}

{% macro first_leg_columns(runs) -%}
    {{ runs }}.funnel_code,
        {{ runs }}.unit_number,
        {{ runs }}.occurred_at as entered_at,
        {{ runs }}.window_ends_at,
        {{ runs }}.to_step as furthest_step_order,
        {{ runs }}.occurred_at as completed_at,
        {%- for number in range(1, most_steps() + 1) %}
        case when {{ runs }}.to_step >= {{ number }} then {{ runs }}.occurred_at end
            as at_{{ number }},
        {%- endfor %}
        {{ runs }}.instant_number
{%- endmacro %}

{# Step n as the n-th bit of a mask. #}
{% macro step_bit(step) -%}
    case {{ step }}
            {% for number in range(1, most_steps() + 1) -%}
            when {{ number }} then {{ 2 ** (number - 1) }}
            {% endfor -%}
        end
{%- endmacro %}

{# Behind a column's name may stand how it is ordered. #}
{% macro times_of_steps(attempts, ordered="") -%}
    {% for number in range(1, most_steps() + 1) -%}
    {{ attempts }}.at_{{ number }}{{ ordered }}{{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# What an action is described by, and an attempt sliced. #}
{% macro attribute_names() -%}
    {{ return([
        'channel_code', 'campaign', 'keyword', 'region', 'product', 'device',
        'landing_page'
    ]) }}
{%- endmacro %}

{% macro attributes(relation) -%}
    {% set names = [] %}
    {% for name in attribute_names() %}
        {% do names.append(relation ~ '.' ~ name) %}
    {% endfor %}
    {{ return(names) }}
{%- endmacro %}

{# What an attempt bears of the action that it began with. #}
{% macro told_of_entry(relation=none) -%}
    {% set names = ['source_code', 'person_id', 'journey_id'] + attribute_names() %}
    {% set told = [] %}
    {% for name in names %}
        {% do told.append(relation ~ '.' ~ name if relation else name) %}
    {% endfor %}
    {{ return(told) }}
{%- endmacro %}

{# And by which it is known as the action of a unit. #}
{% macro told_of_action() -%}
    {{ return(['unit_id', 'part_key'] + told_of_entry()) }}
{%- endmacro %}

{#
    The action at each place that may fill a step there: of several that of the least id.
    A window, unlike an aggregate of texts, leaves memory for disk.
#}
{% macro actions_at(places) -%}
    select
        unit_number, entry_month, place_code,
        {{ named_columns(told_of_action()) }}
    from (
        select
            places.unit_number, places.entry_month, places.place_code,
            {{ named_columns(told_of_action(), 'actions') }},
            row_number() over (
                partition by places.unit_number, places.entry_month, places.place_code
                order by actions.event_id, actions.event_kind, actions.source_code
            ) as action_number
        from {{ places }} as places
        inner join {{ ref('int_funnel_actions') }} as actions
            on {{ is_same_unit('places', 'actions') }}
            and places.told_at = actions.occurred_at
            and places.told_mask & actions.step_mask > 0
        where actions.match_kind = 'event'
            and (actions.is_entry or places.place_code = 'step')
    ) as told
    where action_number = 1
{%- endmacro %}

{# A mask, or its size, from a 0 or 1 of each step. #}
{% macro step_sum(flag, weighted=true) -%}
    {% for number in range(most_steps()) -%}
    {{ (2 ** number ~ ' * ') if weighted }}bit_{{ number }}.{{ flag }}{{ ' + ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro step_product(bits) -%}
    {% for number in range(most_steps()) -%}
    {{ 'cross join ' if not loop.first }}{{ bits }} as bit_{{ number }}
    {% endfor -%}
{%- endmacro %}

{% macro step_of_bit(mask) -%}
    case {{ mask }}
            {% for number in range(1, most_steps() + 1) -%}
            when {{ 2 ** (number - 1) }} then {{ number }}
            {% endfor -%}
        end
{%- endmacro %}

{# The at_ columns of a group with a row per step done. #}
{% macro time_of_levels(level, time) -%}
    {% for number in range(1, most_steps() + 1) -%}
    max(case when {{ level }} = {{ number }} then {{ time }} end) as at_{{ number }}{{ ',' if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{#
    JSON of when each step was done, the steps' names and brackets given. Lists by
    group took longer than the funnels themselves.
#}
{% macro step_document(attempts, heads) -%}
    '{' || concat_ws(
            ','
            {%- for number in range(1, most_steps() + 1) %},
            {{ heads }}.head_{{ number }} || {{ iso_time(attempts ~ '.at_' ~ number) }} || '"'
            {%- endfor %}
        ) || '}'
{%- endmacro %}

{# Of a group with a row a step, what the document says before each step's time. #}
{% macro step_heads(document, step) -%}
    {% for number in range(1, most_steps() + 1) -%}
    max(
            case
                when {{ step }} = {{ number }}
                    then substr({{ document }}, 2, length({{ document }}) - 3)
            end
        ) as head_{{ number }}{{ ',' if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{# What an attempt bears: its entry's, or what its funnel's attribution tells. #}
{% macro told_attribute(name) -%}
    case when attempts.is_told_at_entry then entries.{{ name }} else told.{{ name }} end
{%- endmacro %}

{# A figure's keys, each its own or the total's; by name, or to group by. #}
{% macro funnel_members(attempts, named=true) -%}
    {{ attempts }}.funnel_code,
        members.is_all_months = 1{{ ' as is_all_months' if named }},
        case when members.is_all_months = 0 then {{ attempts }}.entry_month end
            {{- ' as entry_month' if named }},
        case when members.is_all_segments = 1 then 'all' else {{ attempts }}.segment_code end
            {{- ' as segment_code' if named }},
        case when members.is_all_channels = 1 then 'all' else {{ attempts }}.channel_code end
            {{- ' as channel_code' if named }}
{%- endmacro %}

{% macro attempt_columns(attempts) -%}
    {{ attempts }}.funnel_code,
        {{ attempts }}.unit_number,
        {{ attempts }}.entered_at,
        {{ attempts }}.window_ends_at,
        {{ attempts }}.furthest_step_order,
        {{ attempts }}.completed_at,
        {{ times_of_steps(attempts) }}
{%- endmacro %}

{# Of a group of actions with places in time, the first or the last known values. #}
{% macro touch_values(actions, attribution_code) -%}
    {% for attribute in attributes(actions) -%}
    {%- set place = 'case when ' ~ attribute ~ ' is not null then ' ~ actions ~ '.place end' -%}
    case min({{ attribution_code }})
            when 'first_touch' then min_by({{ attribute }}, {{ place }})
            else max_by({{ attribute }}, {{ place }})
        end as {{ attribute.split('.')[1] }}{{ ',' if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{# Of a month's legs alike in some columns the first by an order, unless all may count. #}
{% macro best_legs(legs, excluding, order, alike) -%}
    select
        {{ attempt_columns('ranked') }},
        ranked.instant_number
    from (
        select
            {{ legs }}.*,
            {{ excluding }}.funnel_code is not null as is_excluding,
            row_number() over (
                partition by
                    {{ legs }}.unit_number,
                    {{ reporting_month(legs ~ '.entered_at') }},
                    {{ legs }}.{{ alike | join(', ' ~ legs ~ '.') }}
                order by {{ legs }}.{{ order }}
            ) as leg_rank
        from {{ legs }}
        left join {{ excluding }} on {{ legs }}.funnel_code = {{ excluding }}.funnel_code
    ) as ranked
    where ranked.is_excluding or ranked.leg_rank = 1
{%- endmacro %}
