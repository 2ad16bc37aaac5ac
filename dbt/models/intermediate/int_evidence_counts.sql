with counted as (

    {{ counted_to_horizons(
        ref('int_evidence_clocks'),
        ['pipeline_code', 'stage_code', 'owner_id', 'evidence_code'],
    ) }}

)

select * from counted
