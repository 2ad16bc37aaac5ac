{# Who a web event says it is from: a user, else an address. #}
{% macro stated_key() -%}
    case
        when user_id is not null
            then '2' || {{ hash_of(["'user'", 'source_code', 'user_id']) }}
        when email_hash is not null
            then '3' || {{ hash_of(["'email'", 'email_hash']) }}
    end
{%- endmacro %}

{# Its visitor; `of` is an alias with its dot where columns need one. #}
{% macro visitor_key(of='') -%}
    case
        when {{ of }}visitor_id is not null
            then '4' || {{ hash_of(["'visitor'", of ~ 'source_code', of ~ 'visitor_id']) }}
    end
{%- endmacro %}

{#
    A round of bringing keys together, CTE `round_n` from `round_n-1` and `links`: the
    least key of the neighbours, then that key's own least.
#}
{% macro identity_round(round) -%}
    {{ return(adapter.dispatch('identity_round')(round)) }}
{%- endmacro %}

{% macro default__identity_round(round) -%}
near_{{ round }} as (

    select
        links.own_key,
        min(known.person_id) as person_id
    from links
    inner join round_{{ round - 1 }} as known on links.other_key = known.own_key
    group by links.own_key

),

nearer_{{ round }} as (

    select
        known.own_key,
        least(known.person_id, near.person_id) as person_id
    from round_{{ round - 1 }} as known
    inner join near_{{ round }} as near on known.own_key = near.own_key

),

round_{{ round }} as (

    select
        nearer.own_key,
        least(nearer.person_id, jumped.person_id) as person_id
    from nearer_{{ round }} as nearer
    inner join nearer_{{ round }} as jumped on nearer.person_id = jumped.own_key

),
{%- endmacro %}

{#
    Spark writes a CTE out wherever it is named: each may be named once, else eight
    rounds of four names are 65,536 joins.
#}
{% macro spark__identity_round(round) -%}
near_{{ round }} as (

    select
        to_all.own_key,
        min(known.person_id) as person_id
    from (
        select own_key, other_key from links
        union
        select own_key, own_key as other_key from links
    ) as to_all
    inner join round_{{ round - 1 }} as known on to_all.other_key = known.own_key
    group by to_all.own_key

),

round_{{ round }} as (

    select
        own_key,
        least(person_id, jumped_id) as person_id
    from (
        select
            near.own_key,
            near.person_id,
            sides.is_asked,
            min(case when not sides.is_asked then near.person_id end) over (
                partition by case when sides.is_asked then near.person_id else near.own_key end
            ) as jumped_id
        from near_{{ round }} as near
        cross join (values (true), (false)) as sides (is_asked)
    ) as jumped
    where is_asked

),
{%- endmacro %}
