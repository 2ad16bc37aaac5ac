-- The keys that hang together, directly or by a chain, under the least of them: a
-- contact's before a user's before an address's. Each round takes the least key of
-- the neighbours, then that key's own least; a test fails if eight fall short.
with links as (

    select own_key, email_key as other_key
    from {{ ref('int_identity_links') }}
    union all
    select email_key as own_key, own_key as other_key
    from {{ ref('int_identity_links') }}

),

round_0 as (

    select distinct own_key, own_key as person_id
    from links

),

{% for round in range(1, 9) %}
{{ identity_round(round) }}

{% endfor %}
identities as (

    select own_key, person_id from round_8

)

select * from identities
