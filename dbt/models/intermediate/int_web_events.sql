-- Each web event once, by the person where a visitor has said who they are.
with brought as (

    {{ union_sources('web_events') }}

),

emails as (

    select emails.email_hash, min(persons.person_id) as person_id
    from {{ ref('int_contact_emails') }} as emails
    inner join {{ ref('int_persons') }} as persons
        on emails.source_code = persons.source_code
        and emails.root_contact_id = persons.root_contact_id
    group by emails.email_hash

),

visitors as (

    select
        brought.source_code,
        brought.visitor_id,
        min_by(emails.person_id, (brought.occurred_at, brought.event_id)) as person_id
    from brought
    inner join emails on brought.email_hash = emails.email_hash
    where brought.visitor_id is not null
    group by brought.source_code, brought.visitor_id

),

repeated as (

    select source_code, event_id
    from brought
    group by source_code, event_id
    having count(*) > 1

),

firsts as (

    select
        brought.*,
        row_number() over (
            partition by brought.source_code, brought.event_id
            order by
                brought.known_at,
                brought.occurred_at,
                brought.source_file,
                brought.source_row
        ) as appearance_number
    from brought
    inner join repeated
        on brought.source_code = repeated.source_code
        and brought.event_id = repeated.event_id

),

once as (

    select brought.*
    from brought
    left join repeated
        on brought.source_code = repeated.source_code
        and brought.event_id = repeated.event_id
    where repeated.event_id is null
    union all
    select * exclude (appearance_number)
    from firsts
    where appearance_number = 1

),

identified as (

    select
        once.*,
        coalesce(visitors.person_id, emails.person_id) as person_id
    from once
    left join visitors
        on once.source_code = visitors.source_code
        and once.visitor_id = visitors.visitor_id
    left join emails on once.email_hash = emails.email_hash

)

select * from identified
