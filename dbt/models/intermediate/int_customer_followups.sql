-- What may follow a customer's first purchase: another, one of another product, each
-- stage behind the sale, each action that seeds/followups.csv names. Who has not done
-- it is here without a time.
with firsts as (

    select * from {{ ref('int_purchases') }}
    where purchase_number = 1

),

won_stages as (

    select
        pipeline_code,
        stage_code,
        stage_order,
        min(stage_order) over (partition by pipeline_code) as first_won_order
    from {{ ref('int_stages_at_as_of') }}
    where is_won and not is_retired

),

purchased as (

    select
        firsts.customer_id,
        min(later.purchased_at) as repeated_at,
        min(
            case
                when firsts.product_code <> 'unknown'
                    and later.product_code not in ('unknown', firsts.product_code)
                    then later.purchased_at
            end
        ) as crossed_at
    from firsts
    left join {{ ref('int_purchases') }} as later
        on firsts.customer_id = later.customer_id
        and later.purchase_number > 1
    group by firsts.customer_id

),

told as (

    select
        customer_id,
        'purchase' as followup_kind_code,
        'repeat' as followup_code,
        repeated_at as followed_at
    from purchased
    union all
    select
        customer_id,
        'purchase' as followup_kind_code,
        'cross_sell' as followup_code,
        crossed_at as followed_at
    from purchased
    union all
    select
        firsts.customer_id,
        'stage' as followup_kind_code,
        won_stages.stage_code as followup_code,
        reaches.first_reached_at as followed_at
    from firsts
    inner join won_stages
        on firsts.pipeline_code = won_stages.pipeline_code
        and won_stages.stage_order > won_stages.first_won_order
    left join {{ ref('int_stage_reaches') }} as reaches
        on firsts.journey_id = reaches.journey_id
        and won_stages.pipeline_code = reaches.pipeline_code
        and won_stages.stage_code = reaches.stage_code
    where firsts.purchase_kind_code = 'journey'
    union all
    select
        customer_id,
        'action' as followup_kind_code,
        event_code as followup_code,
        followed_at
    from {{ ref('int_followup_actions') }}

),

followups as (

    select
        told.*,
        firsts.pipeline_code,
        firsts.purchased_at,
        firsts.home_amount,
        {{ microseconds('told.followed_at') }}
        - {{ microseconds('firsts.purchased_at') }} as followed_after,
        {{ microseconds('firsts.observed_until') }}
        - {{ microseconds('firsts.purchased_at') }} as watched_for
    from told
    inner join firsts on told.customer_id = firsts.customer_id

)

select * from followups
