with described as (

    select * from {{ ref('int_journeys') }}

),

segments as (

    select * from {{ ref('int_journey_segments') }}

),

amounts as (

    select * from {{ ref('int_home_amounts') }}

),

sources as (

    select * from {{ ref('int_sources') }}

),

campaigns as (

    select * from {{ ref('int_journey_campaigns') }}

),

journeys as (

    select
        -- keys
        described.journey_id,
        described.person_id,
        described.account_id,
        described.prior_journey_id,
        described.deal_id,
        described.lead_id,
        described.source_code,
        amounts.owner_id,

        -- codes
        described.entry_pipeline_code,
        described.pipeline_code,
        segments.segment_code,
        described.channel_code,
        campaigns.campaign,
        campaigns.keyword,
        coalesce(described.region, 'unknown') as region_code,
        coalesce(described.product, 'unknown') as product_code,
        described.entry_stage_code,
        described.furthest_stage_code,
        described.current_stage_code,
        described.outcome_code,
        amounts.currency_code,
        described.loss_reason_code,

        -- numbers
        amounts.amount,
        amounts.home_amount,

        -- dates
        described.entered_at,
        {{ reporting_month('described.entered_at') }} as cohort_month,
        described.outcome_at,
        {{ reporting_month('described.outcome_at') }} as outcome_month,
        described.observed_from,
        sources.observed_until,

        -- flags
        described.is_returning,
        described.is_duplicate,
        described.is_deleted

    from described
    inner join segments on described.journey_id = segments.journey_id
    inner join amounts on described.journey_id = amounts.journey_id
    inner join campaigns on described.journey_id = campaigns.journey_id
    left join sources on described.source_code = sources.source_code

)

select * from journeys
