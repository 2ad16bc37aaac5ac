with plays as (

    select
        pipeline_code,
        stage_code,
        {{ joined_in_order('play_name', "'; '", 'play_code') }} as play_names
    from {{ ref('plays') }}
    group by pipeline_code, stage_code

),

valued as (

    select
        recoverable.*,
        journeys.source_code,
        journeys.deal_id,
        journeys.lead_id,
        coalesce(amounts.owner_id, 'unknown') as owner_id,
        amounts.home_amount,
        missed.missed_stage_code,
        plays.play_names,
        chances.basis_code,
        chances.silences_count,
        chances.won_back_count,
        case
            when chances.basis_code <> 'too_few'
                then chances.won_back_count / cast(chances.silences_count as double)
        end as recovery_rate
    from {{ ref('int_recoverable') }} as recoverable
    inner join {{ ref('int_journeys') }} as journeys
        on recoverable.journey_id = journeys.journey_id
    inner join {{ ref('int_home_amounts') }} as amounts
        on recoverable.journey_id = amounts.journey_id
    left join {{ ref('int_missed_steps') }} as missed
        on recoverable.journey_id = missed.journey_id
        and recoverable.pipeline_code = missed.pipeline_code
    left join plays
        on missed.pipeline_code = plays.pipeline_code
        and missed.missed_stage_code = plays.stage_code
    left join {{ ref('int_recovery_chances') }} as chances
        on recoverable.pipeline_code = chances.pipeline_code
        and recoverable.stage_code = chances.stage_code
        and recoverable.is_lost = chances.is_lost
        and recoverable.silent_days = chances.silent_days

),

queue as (

    select
        -- keys
        journey_id,
        person_id,
        source_code,
        deal_id,
        lead_id,
        owner_id,

        -- codes
        pipeline_code,
        stage_code,
        reason_code,
        loss_reason_code,
        missed_stage_code,
        play_names,
        basis_code,

        -- numbers
        cast(
            row_number() over (
                order by
                    recovery_rate * home_amount desc nulls last,
                    recovery_rate desc nulls last,
                    silent_since desc,
                    journey_id asc
            ) as bigint
        ) as place,
        home_amount,
        silences_count,
        won_back_count,
        recovery_rate,
        {{ wilson_low('won_back_count', 'silences_count') }} as recovery_rate_low,
        {{ wilson_high('won_back_count', 'silences_count') }} as recovery_rate_high,
        recovery_rate * home_amount as expected_amount,
        silent_seconds,

        -- dates
        silent_since

    from valued

)

select * from queue
