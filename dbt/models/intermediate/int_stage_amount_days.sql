-- Value open at each day's end, at that day's rates.
with pieces as (

    select
        *,
        {{ reporting_date('piece_began_at') }} as began_date,
        {{ reporting_date('piece_ended_at') }} as ended_date,
        cast(amount * cast(probability as decimal(9, 6)) as decimal(38, 6)) as weighted
    from {{ ref('int_valued_stays') }}

),

changes as (

    select
        pipeline_code, stage_code, segment_code, currency_code, changed_date,
        sum(amount) as amount,
        sum(weighted) as weighted,
        sum(valued_count) as valued_count
    from (
        select
            pipeline_code, stage_code, segment_code, currency_code,
            began_date as changed_date, amount, weighted, 1 as valued_count
        from pieces
        union all
        select
            pipeline_code, stage_code, segment_code, currency_code,
            ended_date as changed_date,
            -amount as amount,
            -weighted as weighted,
            -1 as valued_count
        from pieces
        where ended_date is not null
    ) as moved
    group by pipeline_code, stage_code, segment_code, currency_code, changed_date

),

begun as (

    select
        pipeline_code, stage_code, segment_code, currency_code,
        min(changed_date) as first_date
    from changes
    group by pipeline_code, stage_code, segment_code, currency_code

),

running as (

    select
        begun.pipeline_code, begun.stage_code, begun.segment_code, begun.currency_code,
        days.calendar_date,
        sum(coalesce(changes.amount, 0)) over so_far as amount,
        sum(coalesce(changes.weighted, 0)) over so_far as weighted,
        sum(coalesce(changes.valued_count, 0)) over so_far as valued_count
    from begun
    inner join {{ ref('int_calendar') }} as days
        on begun.first_date <= days.calendar_date
    left join changes
        on begun.pipeline_code = changes.pipeline_code
        and begun.stage_code = changes.stage_code
        and begun.segment_code = changes.segment_code
        and begun.currency_code = changes.currency_code
        and days.calendar_date = changes.changed_date
    window so_far as (
        partition by
            begun.pipeline_code, begun.stage_code,
            begun.segment_code, begun.currency_code
        order by days.calendar_date
        rows between unbounded preceding and current row
    )

),

valued as (

    select
        running.pipeline_code,
        running.stage_code,
        running.segment_code,
        running.calendar_date,
        sum(cast(running.amount as double) * rates.home_rate) as open_amount,
        sum(cast(running.weighted as double) * rates.home_rate) as weighted_amount,
        sum(case when rates.home_rate is null then running.valued_count else 0 end)
            as unpriced_count
    from running
    left join {{ ref('int_rates') }} as rates
        on running.currency_code = rates.currency_code
        and running.calendar_date >= rates.held_from
        and running.calendar_date < rates.held_to
    where running.valued_count > 0
    group by
        running.pipeline_code, running.stage_code,
        running.segment_code, running.calendar_date

)

select * from valued
