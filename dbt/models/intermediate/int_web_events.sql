-- Each web event once, by the person where a visitor has said who they are.
with brought as (

    {{ union_sources('web_events') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by source_code, event_id order by known_at, occurred_at
        ) as appearance_number
    from brought

),

persons as (

    select emails.email_hash, min(persons.person_id) as person_id
    from {{ ref('int_contact_emails') }} as emails
    inner join {{ ref('int_persons') }} as persons
        on emails.source_code = persons.source_code
        and emails.root_contact_id = persons.root_contact_id
    group by emails.email_hash

),

visitors as (

    select
        numbered.source_code,
        numbered.visitor_id,
        min_by(persons.person_id, (numbered.occurred_at, numbered.event_id)) as person_id
    from numbered
    inner join persons on numbered.email_hash = persons.email_hash
    where numbered.visitor_id is not null
    group by numbered.source_code, numbered.visitor_id

),

identified as (

    select
        numbered.* exclude (appearance_number),
        coalesce(visitors.person_id, persons.person_id) as person_id
    from numbered
    left join visitors
        on numbered.source_code = visitors.source_code
        and numbered.visitor_id = visitors.visitor_id
    left join persons on numbered.email_hash = persons.email_hash
    where numbered.appearance_number = 1

)

select * from identified
