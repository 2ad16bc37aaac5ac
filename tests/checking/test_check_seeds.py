"""Every check of the seeds, shown failing on bad seeds and passing on good ones."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.checking import (
    COLUMNS,
    FIELDS,
    HORIZONS,
    NUMBER_FEATURES,
    RELATIONS,
    Finding,
    check_seeds,
)
from dagster_project.settings import ROOT
from expectations import GATE_RULES

GOOD = {
    "stages": [
        "p,a,Asked,1,customer,form,open,0.1,14,,2026-01-01",
        "p,a,Asked,1,customer,form,open,0.2,14,2026-01-01,",
        "p,b,Agreed,2,customer,letter,open,,,,",
        "p,c,Bought,3,customer,contract,won,1,,,",
        "p,d,Left,9,seller,silence,lost,0,,,",
        "q,a,Asked,1,customer,call,open,,0.5,,",
    ],
    "stage_aliases": [
        "s,p1,one,p,a,false,,2026-01-01",
        "s,p1,one,p,b,FALSE,2026-01-01,",
        "s,,one,q,a,false,,",
        "s,p1,noise,,,true,,",
    ],
    "segments": ["x,X people,1,0", "other,Others,9,"],
    "segment_rules": ["x,1,channel_code,in,m", "x,2,v_count,>=,3"],
    "funnels": [
        "f,p,,stage,journey,,,,,",
        "e,all,x,event,person,strict,86400,step:2,2026-01-01,2026-02-01",
    ],
    "funnel_steps": [
        "f,1,a,stage,a,,,,",
        "f,2,c,stage,c,,,,",
        "f,2,c,event,w,,,,",
        "e,1,v1,event,v,kind,big,,",
        "e,2,v2,event,w,,,,",
        "e,,no_w,exclusion,v,,,1,2",
    ],
    "event_aliases": [
        "s,view,,,v,customer",
        "s,view,kind,big,v,customer",
        "s,w,,,w,seller",
        "s,ping,,,,",
    ],
    "inquiries": ["v,1", "w,0.5"],
    "qualified_stages": ["p,b"],
    "scoring_rules": [
        "k,fit,channel_code,=,m,5",
        "l,behaviour,v_count,>=,2,-1.5",
        "m,marketing_qualified,,,,10",
        "n,sales_qualified,,,,20",
    ],
    "origins": [
        "o,By friends,channel,m,true",
        "t,Tried it,event,v,false",
        "t,Tried it,stage,a,FALSE",
    ],
    "followups": ["v,Looked again"],
    "channels": ["s,M,m,Mail", "t,mail,m,Mail"],
    "loss_reasons": ["s,too dear,price,Price", 's,"dear, too",price,Price'],
    "targets": [
        "2026-01-01,month,p,,,won_count,,,,12",
        "2026-01-01,month,p,,,entered_count,,b,,30",
        "2026-01-01,month,,,,w_count,,,,40",
        "2026-01-01,month,p,,,conversion_rate,a,c,90,0.5",
    ],
    "plays": ["k,p,b,no call,Call,5,percent", "m,p,c,no need,Ask,-0.5,points"],
    "experiments": [
        "i,First try,p,x,a,b,90,2026-01-01,2026-02-01,other,0.05",
        "j,Second try,p,,a,c,90,2026-01-01,2026-02-01,,",
    ],
    "benchmarks": ["p,a,c,90,0.2,A report of 2025"],
    "fx_rates": ["EUR,2026-01-01,1.1", "EUR,2026-01-02,1.2"],
    "gate_rules": [f"{code},block,0,someone" for code in GATE_RULES],
}  # fmt: skip

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write good seeds, some of them replaced, and give the folder."""

    def write(**changes: list[str]) -> Path:
        folder = tmp_path / "seeds"
        folder.mkdir(exist_ok=True)
        for seed, rows in {**GOOD, **changes}.items():
            text = "\n".join([",".join(COLUMNS[seed].split()), *rows]) + "\n"
            (folder / f"{seed}.csv").write_text(text, encoding="utf-8", newline="")
        return folder

    return write


def said(findings: list[Finding]) -> str:
    return "\n".join(str(finding) for finding in findings)


def test_good_seeds_pass_and_so_do_empty_ones(write: Write) -> None:
    assert check_seeds(write()) == []
    gate_rules = GOOD["gate_rules"]
    empty: dict[str, list[str]] = {seed: [] for seed in COLUMNS}
    assert check_seeds(write(**{**empty, "gate_rules": gate_rules})) == []


BAD_VALUES = [
    ("stages", ",a,A,1,customer,t,open,,,,", "pipeline_code '' is empty"),
    ("stages", "all,a,A,1,customer,t,open,,,,", "pipeline_code 'all' is reserved"),
    ("stages", "p,unmapped,A,5,customer,t,open,,,,", "'unmapped' is reserved"),
    ("stages", "p,k,,5,customer,t,open,,,,", "stage_name '' is empty"),
    ("stages", "p,k,K,five,customer,t,open,,,,", "stage_order 'five' is no whole"),
    ("stages", "p,k,K,5,robot,t,open,,,,", "actor_code 'robot' must be one of"),
    ("stages", "p,k,K,5,seller,t,maybe,,,,", "outcome_code 'maybe' must be one of"),
    ("stages", "p,k,K,5,seller,t,open,1.5,,,", "probability '1.5' must be"),
    ("stages", "p,k,K,5,seller,t,open,10%,,,", "probability '10%' is no number"),
    ("stages", "p,k,K,5,seller,t,open,nan,,,", "probability 'nan' is no number"),
    ("stages", "p,k,K,5,seller,t,open,,-1,,", "stale_after_days '-1' must be"),
    ("stages", "p,k,K,5,seller,t,open,,,1/2/2026,", "valid_from '1/2/2026' is no date"),
    ("stages", "p,k,K,5,seller,t,open,,,,2026-02-30", "'2026-02-30' is no date"),
    ("stages", "p,k,K,5,seller,t,open,,,20260101,", "'20260101' is no date"),
    ("stage_aliases", ",p1,two,p,a,false,,", "source_code '' is empty"),
    ("stage_aliases", "s,p1,,p,a,false,,", "source_stage '' is empty"),
    ("stage_aliases", "s,p1,two,p,a,no,,", "is_ignored 'no' must be true or false"),
    ("stage_aliases", "s,p1,two,p,a,false,soon,", "valid_from 'soon' is no date"),
    ("stage_aliases", "s,p1,two,p,a,false,,late", "valid_to 'late' is no date"),
    ("segments", "unknown,U,5,", "segment_code 'unknown' is reserved"),
    ("segments", "y,,5,", "segment_name '' is empty"),
    ("segments", "y,Y,,", "priority '' is no whole number"),
    ("segments", "y,Y,5,-3", "landmark_days '-3' must be"),
    ("segment_rules", ",1,f,=,1", "segment_code '' is empty"),
    ("segment_rules", "x,one,f,=,1", "group_number 'one' is no whole number"),
    ("segment_rules", "x,1,,=,1", "feature_code '' is empty"),
    ("segment_rules", "x,1,f,==,1", "operator_code '==' must be one of"),
    ("segment_rules", "x,1,f,=,", "value '' is empty"),
    ("inquiries", ",1", "event_code '' is empty"),
    ("inquiries", "w,-1", "lead_within_days '-1' must be"),
    ("scoring_rules", ",fit,channel_code,=,m,5", "rule_code '' is empty"),
    ("scoring_rules", "o,luck,channel_code,=,m,5", "kind_code 'luck' must be one of"),
    ("scoring_rules", "o,fit,channel_code,~,m,5", "operator_code '~' must be one of"),
    ("scoring_rules", "o,fit,channel_code,=,m,many", "points 'many' is no number"),
    ("qualified_stages", ",b", "pipeline_code '' is empty"),
    ("qualified_stages", "q,", "stage_code '' is empty"),
    ("origins", "all,By friends,channel,m,true", "origin_code 'all' is reserved"),
    ("origins", "r,,channel,m,true", "origin_name '' is empty"),
    ("origins", "r,Quiz,segment,m,true", "match_kind 'segment' must be one of"),
    ("origins", "r,Quiz,event,,true", "match_code '' is empty"),
    ("origins", "r,Quiz,event,v,yes", "is_brought_by_customers 'yes' must be true"),
    ("followups", ",Looked again", "event_code '' is empty"),
    ("followups", "w,", "followup_name '' is empty"),
    ("plays", "all,p,b,r,N,1,points", "play_code 'all' is reserved"),
    ("plays", "n,p,b,,N,1,points", "leave_reason '' is empty"),
    ("plays", "n,p,b,r,,1,points", "play_name '' is empty"),
    ("plays", "n,p,b,r,N,-100,percent", "gain '-100' must be a number above -100"),
    ("plays", "n,p,b,r,N,5%,percent", "gain '5%' is no number"),
    ("plays", "n,p,b,r,N,5,times", "gain_unit 'times' must be one of points percent"),
    ("experiments", "all,N,p,,a,b,9,2026-01-01,2026-02-01,,", "experiment_code 'all'"),
    ("experiments", "n,,p,,a,b,9,2026-01-01,2026-02-01,,", "experiment_name '' is"),
    ("experiments", "n,N,p,,a,b,0,2026-01-01,2026-02-01,,", "horizon_days '0' is no"),
    ("experiments", "n,N,p,,a,b,9,January,2026-02-01,,", "started_on 'January' is no"),
    ("experiments", "n,N,p,,a,b,9,2026-01-01,,,", "ended_on '' is no date"),
    ("experiments", "n,N,p,,a,b,9,2026-01-01,2026-02-01,,5", "expected_difference '5'"),
    ("funnels", "all,p,,stage,journey,,,,,", "funnel_code 'all' is reserved"),
    ("funnels", "g,p,,page,journey,,,,,", "kind_code 'page' must be one of"),
    ("funnels", "g,p,,stage,crowd,,,,,", "unit_code 'crowd' must be one of"),
    ("funnels", "g,p,,event,person,loose,60,,,", "mode_code 'loose' must be one of"),
    ("funnels", "g,p,,event,person,strict,0,,,", "window_seconds '0' must be"),
    ("funnels", "g,p,,stage,journey,,,best,,", "attribution_code 'best' must be"),
    ("funnels", "g,p,,stage,journey,,,,now,", "entry_from 'now' is no date"),
    ("funnels", "g,p,,stage,journey,,,,,now", "entry_to 'now' is no date"),
    ("funnel_steps", ",1,a,stage,a,,,,", "funnel_code '' is empty"),
    ("funnel_steps", "f,x,k,stage,a,,,,", "step_order 'x' is no whole number"),
    ("funnel_steps", "f,3,all,stage,b,,,,", "step_code 'all' is reserved"),
    ("funnel_steps", "f,3,k,page,a,,,,", "match_kind 'page' must be one of"),
    ("funnel_steps", "f,3,k,stage,,,,,", "match_code '' is empty"),
    ("funnel_steps", "e,,k,exclusion,v,,,v1,2", "from_step 'v1' is no whole number"),
    ("funnel_steps", "e,,k,exclusion,v,,,1,v2", "to_step 'v2' is no whole number"),
    ("event_aliases", ",k,,,k,seller", "source_code '' is empty"),
    ("event_aliases", "s,,,,k,seller", "source_event '' is empty"),
    ("event_aliases", "s,k,,,ignored,seller", "event_code 'ignored' is reserved"),
    ("event_aliases", "s,k,,,won,seller", "'won' is reserved, for won_count is a metr"),
    ("event_aliases", "s,k,,,entered,customer", "for entered_count is a metric"),
    ("event_aliases", "s,k,,,touches,customer", "touches_count is a feature; choose"),
    ("event_aliases", "s,k,,,k,nobody", "actor_code 'nobody' must be one of"),
    ("channels", ",k,k,K", "source_code '' is empty"),
    ("channels", "s,,k,K", "source_channel '' is empty"),
    ("channels", "s,k,unknown,K", "channel_code 'unknown' is reserved"),
    ("channels", "s,k,k,", "channel_name '' is empty"),
    ("loss_reasons", ",k,k,K", "source_code '' is empty"),
    ("loss_reasons", "s,,k,K", "source_reason '' is empty"),
    ("loss_reasons", "s,k,,K", "loss_reason_code '' is empty"),
    ("loss_reasons", "s,k,k,", "loss_reason_name '' is empty"),
    ("targets", "2026-1-1,month,p,,,wins,,,,1", "period_start '2026-1-1' is no date"),
    ("targets", "2026-01-15,month,p,,,won_count,,,,1", "is not the first day of a mon"),
    ("targets", "2026-02-02,quarter,p,,,won_count,,,,1", "write 2026-02-01, say"),
    ("targets", "2026-01-01,,p,,,wins,,,,1", "period_code '' must be one of month"),
    ("targets", "2026-01-01,month,p,,,,,,,1", "metric_code '' is empty"),
    ("targets", "2026-01-01,month,p,,,k,,,0,1", "horizon_days '0' is no whole number"),
    ("targets", '2026-01-01,month,p,,,k,,,,"1,5"', "target_value '1,5' is no number"),
    ("benchmarks", "p,a,b,,0.2,Report", "horizon_days '' is no whole number"),
    ("benchmarks", "p,a,b,90,20,Report", "rate '20' must be a number from 0 to 1"),
    ("benchmarks", "p,a,b,90,0.2,", "citation '' is empty"),
    ("fx_rates", "eur,2026-01-01,1", "currency_code 'eur' must be three capital"),
    ("fx_rates", "USD,yesterday,1", "rate_date 'yesterday' is no date"),
    ("fx_rates", "USD,2026-01-01,0", "home_rate '0' must be a number above 0"),
]


@pytest.mark.parametrize(("seed", "row", "message"), BAD_VALUES)
def test_a_bad_value_is_named_with_its_line(
    write: Write, seed: str, row: str, message: str
) -> None:
    findings = check_seeds(write(**{seed: [*GOOD[seed], row]}))
    line = len(GOOD[seed]) + 2
    assert f"seeds/{seed}.csv line {line}: " in said(findings)
    assert message in said(findings)


def test_every_field_check_is_shown_failing() -> None:
    shown = {(seed, message.split()[0]) for seed, _, message in BAD_VALUES}
    shown |= {("stages", "stage_code"), ("stages", "valid_to")}
    shown |= {("segments", "segment_code")}
    checked = {(seed, column) for seed, fields in FIELDS.items() for column in fields}
    assert checked <= shown


BAD_RELATIONS = [
    # stages
    ("stages", "p,k,K,5,seller,t,open,,,2026-02-01,2026-02-01", "is not before"),
    ("stages", "p,b,Agreed,2,customer,t,open,,,2026-01-01,", "holds on days on which"),
    ("stages", "q,c,Won,3,customer,t,won,,,,", "has stage_name 'Won' here"),
    ("stages", "q,c,Bought,3,customer,t,open,,,,", "has outcome_code 'open' here"),
    ("stages", "q,c,Bought,3,seller,t,won,,,,", "has actor_code 'seller' here"),
    ("stages", "p,k,K,02,seller,t,open,,,,", "belongs to 'b' (line 4)"),
    ("stages", "p,k,Agreed,5,seller,t,open,,,,", "stage_name Agreed of pipeline 'p' b"),
    # aliases
    ("stage_aliases", "s,p1,two,p,a,false,2026-02-01,2026-01-01", "is not before"),
    ("stage_aliases", "s,p1,one,p,a,false,2025-01-01,2025-06-01", "holds on days"),
    ("stage_aliases", "s,p1,two,p,bb,false,,", "did you mean 'b'?"),
    ("stage_aliases", "s,p1,two,q,b,false,,", "stage_code 'b' is not in stages.csv"),
    ("stage_aliases", "s,p1,two,zz,b,false,,", "pipeline_code 'zz' is not in stages"),
    ("stage_aliases", "s,p1,two,,,false,,", "'two' is mapped to nothing"),
    # segments
    ("segments", "x,X again,5,", "segment_code 'x' stands in line 2 already"),
    ("segments", "y,Y,9,", "priority '9' stands in line 3 already"),
    ("segments", "y,Others,5,", "segment_name 'Others' is that of 'other'"),
    ("segment_rules", "nobody,1,f,=,1", "segment_code 'nobody' is not in segments"),
    ("segment_rules", GOOD["segment_rules"][0], "stands in line 2 already"),
    ("segment_rules", "x,1,chanel_code,=,m", "did you mean 'channel_code'?"),
    ("segment_rules", "x,1,zz_count,>=,1", "'zz_count' is no feature"),
    ("segment_rules", "x,1,w_count,>=,1", "'w_count' counts what sellers do"),
    ("segment_rules", "x,1,touches_count,=,many", "'many' of touches_count = is no nu"),
    ("segment_rules", 'x,1,v_count,>=,"1,5"', "'1,5' of v_count >= is no number; writ"),
    ("segment_rules", "x,1,days_since_first_visit,<,1 d", "'1 d' of days_since_first_"),
    ("segment_rules", "x,1,region_code,>,5", "'5' of region_code > asks for a number"),
    ("segment_rules", "x,1,v_count,in,1 | 2", "of v_count in asks for a text of what"),
    ("segment_rules", "x,1,is_returning,=,yes", "of is_returning = must be true or fa"),
    ("segment_rules", "x,3,channel_code,=,mm", "value 'mm' is not in channels.csv; di"),
    ("segment_rules", "x,3,channel_code,!=,Mail", "value 'Mail' is not in channels.cs"),
    ("segment_rules", "x,3,channel_code,in,m | zz", "value 'zz' is not in channels.cs"),
    # funnels
    ("funnels", "f,p,,stage,journey,,,,,", "funnel_code 'f' stands in line 2 already"),
    ("funnels", "g,zz,,stage,journey,,,,,", "pipeline_code 'zz' is not in stages"),
    ("funnels", "g,p,zz,stage,journey,,,,,", "segment_code 'zz' is not in segments"),
    ("funnels", "g,p,,event,person,,60,,,", "mode_code is empty; an event funnel"),
    ("funnels", "g,p,,event,person,strict,,,,", "window_seconds is empty; an event"),
    ("funnels", "g,p,,stage,journey,,,,2026-02-01,2026-01-01", "is after entry_to"),
    ("funnels", "g,p,,stage,journey,,,,,", "funnel 'g' has no step"),
    ("funnels", "e,,,event,person,strict,60,step:9,,", "choose one of step:1, step:2"),
    ("funnels", "e,,,event,person,strict,60,step:0,,", "'step:0' is no step of funnel"),
    ("funnel_steps", "zz,1,a,stage,a,,,,", "funnel_code 'zz' is not in funnels"),
    ("funnel_steps", "f,4,b,stage,b,,,,", "step_order 4 of funnel 'f' stands where 3"),
    ("funnel_steps", "f,2,b,stage,b,,,,", "step_order 2 of funnel 'f' is 'c' in line"),
    ("funnel_steps", "f,2,c,stage,c,,,,", "stands in line 3 already"),
    ("funnel_steps", "f,,k,exclusion,v,,,1,2", "a stage funnel has no exclusion"),
    ("funnel_steps", "e,3,k,stage,a,,,,", "an event funnel matches events"),
    ("funnel_steps", "e,11,k,event,v,,,,", "is more than the 10 steps"),
    ("funnel_steps", "f,,b,stage,b,,,,", "step_order is empty; number the steps"),
    ("funnel_steps", "f,3,a,stage,b,,,,", "step_code 'a' has step_order '3' here"),
    ("funnel_steps", "f,3,k,stage,zz,,,,", "match_code 'zz' is not in stages"),
    ("funnel_steps", "f,3,k,stage,d,,,,", "'d' is a loss, and a loss is no step"),
    ("funnel_steps", "e,3,k,event,zz,,,,", "match_code 'zz' is not in event_aliases"),
    ("funnel_steps", "e,,k,exclusion,zz,,,1,2", "match_code 'zz' is not in event_al"),
    ("funnel_steps", "e,,k,exclusion,v,,,1,3", "to_step '3' is no step_order"),
    ("funnel_steps", "e,,k,exclusion,v,,,,2", "from_step '' is no step_order"),
    ("funnel_steps", "e,,k,exclusion,v,,,2,1", "from_step is not before to_step"),
    ("funnel_steps", "e,3,k,event,v,,big,,", "property_value without a property_name"),
    # the rest
    ("event_aliases", "s,view,,,w,seller", "stands in line 2 already"),
    ("event_aliases", "t,view,,,v,seller", "has actor_code 'seller' here"),
    ("event_aliases", "t,view,,,k,", "actor_code is empty; say who does it"),
    ("event_aliases", "s,k,,big,k,seller", "property_value without a property_name"),
    ("channels", "s,M,m,Mail", "source_channel 'M' stands in line 2 already"),
    ("channels", "s,N,m,Letters", "has channel_name 'Letters' here"),
    ("channels", "s,N,n,Mail", "channel_name 'Mail' is that of 'm' too (line 2)"),
    ("loss_reasons", "s,k,dear,Price", "loss_reason_name 'Price' is that of"),
    ("loss_reasons", "s,too dear,price,Price", "stands in line 2 already"),
    ("loss_reasons", "s,k,price,Money", "has loss_reason_name 'Money' here"),
    ("targets", "2026-01-01,month,p,,,won_count,,,,9", "stands in line 2 already"),
    ("targets", "2026-01-01,month,zz,,,won_count,,,,9", "pipeline_code 'zz' is not in"),
    ("targets", "2026-01-01,month,p,,,k,zz,,,9", "from_stage_code 'zz' is not in"),
    ("targets", "2026-01-01,month,p,,,k,,zz,,9", "to_stage_code 'zz' is not in"),
    ("targets", "2026-01-01,month,p,,,k_rate,,,,9", "must be a number from 0 to 1"),
    ("targets", "2026-01-01,month,p,,,won_amont,,,,9", "did you mean 'won_amount'?"),
    ("targets", "2026-01-01,month,p,,,zz_count,,,,9", "'zz_count' is no metric"),
    ("targets", "2026-01-01,month,p,,,entered_count,,,,9", "fill in to_stage_code"),
    ("targets", "2026-01-01,month,all,,,w_count,,,,9", "a target in line 4 already"),
    ("targets", "2026-01-01,month,p,all,,won_count,,,,9", "target in line 2 already"),
    ("targets", "2026-01-01,month,p,,,won_count,,b,,9", "a target in line 2 already"),
    ("targets", "2026-01-01,month,p,o,,conversion_rate,a,b,90,0.1", "of a whole"),
    ("targets", "2026-01-01,month,p,,,conversion_rate,a,b,,0.1", "within a horizon"),
    ("targets", "2026-01-01,month,p,,,conversion_rate,a,b,45,0.1", "'45' is not meas"),
    ("targets", "2026-01-01,month,p,,,conversion_rate,b,a,90,0.1", "neither the next"),
    ("benchmarks", "p,a,b,45,0.2,A report", "horizon_days '45' is not measured"),
    ("benchmarks", "p,b,a,90,0.2,A report", "neither the next stage behind 'b'"),
    ("benchmarks", "p,a,c,90,0.3,Other report", "stands in line 2 already"),
    ("benchmarks", "p,zz,c,90,0.3,Report", "from_stage_code 'zz' is not in"),
    ("benchmarks", "p,a,,90,0.3,Report", "to_stage_code '' is not in"),
    ("benchmarks", "zz,a,c,90,0.3,Report", "pipeline_code 'zz' is not in"),
    ("inquiries", "v,2", "event_code 'v' stands in line 2 already"),
    ("inquiries", "zz,2", "event_code 'zz' is not in event_aliases"),
    ("scoring_rules", "k,fit,channel_code,=,t,5", "rule_code 'k' stands in line 2"),
    ("scoring_rules", "o,fit,chanel_code,=,t,5", "did you mean 'channel_code'?"),
    ("scoring_rules", "o,behaviour,zz_count,=,1,5", "'zz_count' is no feature"),
    ("scoring_rules", "o,fit,channel_code,=,,5", "a rule asks for a value"),
    ("scoring_rules", "o,behaviour,v_count,!=,many,5", "'many' of v_count != is no nu"),
    ("scoring_rules", "o,fit,touches_count,>=,nan,5", "'nan' of touches_count >= is n"),
    ("scoring_rules", "o,fit,channel_code,=,mm,5", "value 'mm' is not in channels.csv"),
    ("scoring_rules", "o,sales_qualified,,,,30", "stands in line 5 already"),
    ("scoring_rules", "o,sales_qualified,,,,3", "qualify for sales and 10 for mark"),
    ("scoring_rules", "o,sales_qualified,channel_code,,,30", "is not read; leave it"),
    ("qualified_stages", "p,a", "pipeline_code 'p' stands in line 2 already"),
    ("qualified_stages", "all,a", "a qualified stage is of one pipeline"),
    ("qualified_stages", "zz,a", "pipeline_code 'zz' is not in stages"),
    ("qualified_stages", "p,zz", "stage_code 'zz' is not in stages"),
    ("qualified_stages", "p,c", "stage_code 'c' is the sale, lies behind it"),
    ("qualified_stages", "p,d", "stage_code 'd' is the sale, lies behind it"),
    ("origins", "o,By friends,channel,m,true", "stands in line 2 already"),
    ("origins", "o,Friends,event,w,true", "origin_code 'o' has origin_name 'Friends'"),
    ("origins", "o,By friends,event,w,false", "has is_brought_by_customers 'false'"),
    ("origins", "repeat,Again,event,w,true", "origin_code 'repeat' is told already"),
    ("origins", "r,Quiz,event,zz,true", "match_code 'zz' is not in event_aliases"),
    ("origins", "r,Quiz,channel,v,true", "match_code 'v' is not in channels"),
    ("origins", "r,Quiz,stage,v,true", "match_code 'v' is not in stages"),
    ("followups", "v,Again", "event_code 'v' stands in line 2 already"),
    ("followups", "zz,Again", "event_code 'zz' is not in event_aliases"),
    ("plays", "k,p,b,r,N,1,points", "play_code 'k' stands in line 2 already"),
    ("plays", "n,zz,b,r,N,1,points", "pipeline_code 'zz' is not in stages"),
    ("plays", "n,p,zz,r,N,1,points", "stage_code 'zz' is not in stages"),
    ("plays", "n,,b,r,N,1,points", "a play is of one pipeline"),
    ("plays", "n,p,d,r,N,1,points", "'d' is a loss, has ended or lies behind"),
    ("plays", "n,p,a,r,N,1,points", "'a' is the first of its pipeline"),
    ("experiments", GOOD["experiments"][0], "'i' stands in line 2 already"),
    ("experiments", "n,N,p,,a,b,90,2026-02-01,2026-02-01,,", "is not before ended_on"),
    ("experiments", "n,N,zz,,a,b,90,2026-01-01,2026-02-01,,", "'zz' is not in stages"),
    ("experiments", "n,N,p,,zz,b,90,2026-01-01,2026-02-01,,", "'zz' is not in stages"),
    ("experiments", "n,N,p,,b,a,90,2026-01-01,2026-02-01,,", "nor the first won one"),
    ("experiments", "n,N,all,,a,b,90,2026-01-01,2026-02-01,,", "is of one pipeline"),
    ("experiments", "n,N,p,zz,a,b,90,2026-01-01,2026-02-01,,", "'zz' is not in segm"),
    ("experiments", "n,N,p,,a,b,90,2026-01-01,2026-02-01,zz,", "'zz' is not in segm"),
    ("experiments", "n,N,p,x,a,b,90,2026-01-01,2026-02-01,x,", "no control of itself"),
    ("fx_rates", "EUR,2026-01-01,1.3", "stands in line 2 already"),
    ("gate_rules", "made_up,block,0,x", "belongs to no gate"),
    ("gate_rules", "files_whole,block,0,x", "stands in line"),
]  # fmt: skip


@pytest.mark.parametrize(("seed", "row", "message"), BAD_RELATIONS)
def test_rows_that_do_not_hang_together_are_named(
    write: Write, seed: str, row: str, message: str
) -> None:
    assert message in said(check_seeds(write(**{seed: [*GOOD[seed], row]})))


@pytest.mark.parametrize("left_out", range(len(RELATIONS)))
def test_no_relation_could_be_left_out_unnoticed(
    write: Write, monkeypatch: pytest.MonkeyPatch, left_out: int
) -> None:
    others = [*RELATIONS[:left_out], *RELATIONS[left_out + 1 :]]
    monkeypatch.setattr("dagster_project.checking.RELATIONS", others)
    seeds = RELATIONS[left_out][0]
    unnoticed = [
        message
        for seed, row, message in BAD_RELATIONS
        if seed in seeds
        and message not in said(check_seeds(write(**{seed: [*GOOD[seed], row]})))
    ]
    assert unnoticed


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("rejected_share,stop,0.01,x", "severity_code 'stop' of rejected_share"),
        ("rejected_share,warn,-1,x", "threshold '-1' of rejected_share is no number"),
        ("rejected_share,warn,,x", "threshold '' of rejected_share is no number"),
        ("files_whole,block,2,x", "files_whole reads a flag and tolerates nothing"),
    ],
)
def test_a_rule_of_the_gates_that_cannot_hold_is_named(
    write: Write, row: str, message: str
) -> None:
    code = row.partition(",")[0]
    others = [rule for rule in GOOD["gate_rules"] if not rule.startswith(code)]
    assert message in said(check_seeds(write(gate_rules=[*others, row])))


def test_a_rule_of_the_gates_without_a_row_is_named(write: Write) -> None:
    findings = check_seeds(write(gate_rules=GOOD["gate_rules"][1:]))
    missing = next(iter(GATE_RULES))
    assert (
        said(findings)
        == f"seeds/gate_rules.csv: has no row for rule {missing}; add one"
    )


def test_a_gap_between_two_rows_of_a_stage_is_named(write: Write) -> None:
    rows = [
        "p,a,Asked,1,customer,form,open,0.1,14,,2026-01-01",
        "p,a,Asked,1,customer,form,open,0.2,14,2026-01-03,",
    ]
    found = said(check_seeds(write(stages=[*GOOD["stages"][2:], *rows])))
    assert "'p' 'a' does not hold from 2026-01-01 (line 6) to 2026-01-03" in found


def test_an_order_may_pass_to_another_stage_when_the_first_has_ended(
    write: Write,
) -> None:
    rows = [
        "p,k,K,5,seller,t,open,,,,2026-01-01",
        "p,l,L,5,seller,t,open,,,2026-01-01,",
    ]
    assert check_seeds(write(stages=[*GOOD["stages"], *rows])) == []


@pytest.mark.parametrize(
    "condition",
    [
        *("touches_count,>=,1.5", "days_since_first_visit,!=,-2", "v_count,=,1e3"),
        *("region_code,=,many", "product_code,in,a | b", "actions_sequence,begins,v"),
        *("is_returning,=,TRUE", "is_returning,!=,false"),
    ],
)
def test_a_condition_on_a_number_or_on_a_text_is_let_pass(
    write: Write, condition: str
) -> None:
    segment_rules = [*GOOD["segment_rules"], f"x,3,{condition}"]
    scoring_rules = [*GOOD["scoring_rules"], f"o,fit,{condition},5"]
    folder = write(segment_rules=segment_rules, scoring_rules=scoring_rules)
    assert check_seeds(folder) == []


@pytest.mark.parametrize(
    "condition",
    [
        *("channel_code,in,m | unknown|unmapped", "channel_code,!=,unknown"),
        *("channel_code,begins,zz", "channel_code,contains,zz", "region_code,=,zz"),
    ],
)
def test_own_codes_and_parts_of_channels_are_let_pass(
    write: Write, condition: str
) -> None:
    rules = [*GOOD["segment_rules"], f"x,3,{condition}"]
    assert check_seeds(write(segment_rules=rules)) == []


@pytest.mark.parametrize(
    ("seed", "row", "hint"),
    [
        ("stage_aliases", "hubspt,p1,two,p,a,false,,", "did you mean 'hubspot'?"),
        ("event_aliases", "zz,k,,,k,seller", "see CONTRIBUTING.md"),
        ("channels", "zz,k,m,Mail", "see CONTRIBUTING.md"),
        ("loss_reasons", "zz,dear,price,Price", "see CONTRIBUTING.md"),
    ],
)
def test_an_alias_of_a_source_that_nobody_declares_is_named(
    write: Write, seed: str, row: str, hint: str
) -> None:
    folder = write(**{seed: [*GOOD[seed], row]})
    assert check_seeds(folder) == []
    [finding] = check_seeds(folder, ("s", "t", "hubspot"))
    assert (finding.file, finding.line) == (f"seeds/{seed}.csv", len(GOOD[seed]) + 2)
    code = row.partition(",")[0]
    said = f"source_code {code!r} is no source of dbt/dbt_project.yml; {hint}"
    assert (finding.message, finding.column) == (said, "source_code")


def test_a_quarter_may_begin_with_any_month(write: Write) -> None:
    quarter = "2026-02-01,quarter,p,,,won_count,,,,9"
    assert check_seeds(write(targets=[*GOOD["targets"], quarter])) == []


def test_an_exclusion_is_no_step_that_attributes(write: Write) -> None:
    funnel = GOOD["funnels"][1].replace("step:2", "step:3")
    exclusion = "e,3,no_v,exclusion,v,,,1,2"
    steps = [*GOOD["funnel_steps"], exclusion]
    [finding] = check_seeds(
        write(funnels=[GOOD["funnels"][0], funnel], funnel_steps=steps)
    )
    assert (finding.file, finding.line) == ("seeds/funnels.csv", 3)
    assert "'step:3' is no step of funnel 'e'" in finding.message


def test_one_bad_value_does_not_orphan_what_refers_to_its_row(write: Write) -> None:
    stages = [row.replace("letter,open,,", "letter,open,7,") for row in GOOD["stages"]]
    findings = check_seeds(write(stages=stages))
    assert [finding.message for finding in findings] == [
        "probability '7' must be a number from 0 to 1"
    ]


@pytest.mark.parametrize("seed", sorted(COLUMNS))
def test_a_missing_file_is_named_and_the_rest_still_checked(
    write: Write, seed: str
) -> None:
    folder = write()
    (folder / f"{seed}.csv").unlink()
    found = said(check_seeds(folder))
    assert found.startswith(f"seeds/{seed}.csv: is missing; add it with the header")
    assert len(found.splitlines()) == 1


@pytest.mark.parametrize("seed", sorted(COLUMNS))
def test_a_missing_column_is_named_and_an_extra_one_let_pass(
    write: Write, seed: str
) -> None:
    path = write() / f"{seed}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    extra = [f"note,{line}" for line in lines]
    path.write_text("\n".join(extra), encoding="utf-8")
    assert check_seeds(path.parent) == []
    first = COLUMNS[seed].split()[0]
    lines[0] = lines[0].replace(first, "renamed", 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    assert said(check_seeds(path.parent)).startswith(
        f"seeds/{seed}.csv line 1: lacks column {first}; the header is renamed,"
    )


def test_what_a_spreadsheet_writes_is_let_pass(write: Write) -> None:
    path = write() / "stages.csv"
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert check_seeds(path.parent) == []


HEADER = COLUMNS["channels"].replace(" ", ",").encode()


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 0, "is empty; begin it with its header source_code,"),
        (HEADER + b"\ns,caf\xe9,k,K\n", 2, "byte 0xe9 is not UTF-8; save the file"),
        (HEADER.decode().encode("utf-16"), 1, "byte 0xff is not UTF-8"),
        (HEADER + b"\ns,k,k,K\n\0\n", 3, "holds a NUL"),
        (HEADER.replace(b",", b";") + b"\n", 1, "is not separated by commas"),
        (HEADER + b",channel_code\n", 1, "has column 'channel_code' twice"),
        (HEADER + b"\ns,k,k\n", 2, "has 3 values where the header has 4"),
        (HEADER + b"\ns,k,k,K,\n", 2, "has 5 values where the header has 4"),
        (HEADER + b"\ns,k,k,K\n\ns,l,k,K\n", 3, "is a blank row; delete it"),
        (HEADER + b"\ns,k,k,K\n,,,\n", 3, "is a blank row; delete it"),
        (HEADER + b'\ns,k,k,K\ns,"l,k,K\n', 3, "cannot be read as CSV from here"),
        (HEADER + b'\ns,"k"x,k,K\n', 2, "cannot be read as CSV from here"),
        (HEADER + b'\ns,"k\nl",k,K\n', 2, "source_channel runs over several lines"),
        (
            HEADER + b"\ns,k ,k,K\n",
            2,
            "source_channel 'k ' has a space before or after",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    write: Write, content: bytes, line: int, message: str
) -> None:
    path = write() / "channels.csv"
    path.write_bytes(content)
    findings = check_seeds(path.parent)
    assert any(
        finding.file == "seeds/channels.csv"
        and finding.line == line
        and message in finding.message
        for finding in findings
    ), said(findings)


def test_findings_come_by_file_and_line_and_are_plain(write: Write) -> None:
    bad = ["all,k,K,9,seller,t,open,,,,", "p,unknown,K,9,seller,t,open,,,,"]
    folder = write(stages=[*GOOD["stages"], *bad], channels=["s,M,all,Mail"])
    findings = check_seeds(folder)
    assert findings == sorted(findings)
    assert json.loads(json.dumps(findings[0].to_dict())) == {
        "file": "seeds/channels.csv",
        "line": 2,
        "column": "channel_code",
        "message": "channel_code 'all' is reserved (all, unmapped, unknown, ignored, "
        "ended_before_landmark); choose another code",
    }


def test_it_answers_at_once_and_without_pandas_or_duckdb(write: Write) -> None:
    many = [f"s,p1,stage{number},p,a,false,," for number in range(5_000)]
    folder = write(stage_aliases=many)
    began = time.perf_counter()
    assert check_seeds(folder) == []
    assert time.perf_counter() - began < 1
    heavy = "'pandas', 'duckdb', 'great_expectations', 'dagster'"
    code = (
        "import sys; from dagster_project.checking import check_seeds; "
        f"sys.exit(any(name in sys.modules for name in ({heavy})))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_features_are_numbers_where_the_model_counts_them() -> None:
    model = ROOT / "dbt" / "models" / "intermediate" / "int_action_features.sql"
    sql = model.read_text(encoding="utf-8")
    told = re.findall(r"'(\w+)' as feature_code,\s+cast\(", sql)
    assert tuple(told) == ("_count", *NUMBER_FEATURES)


def test_horizons_are_those_that_conversions_are_measured_to() -> None:
    model = ROOT / "dbt" / "models" / "intermediate" / "int_horizons.sql"
    told = re.findall(r"\((\d+)\)", model.read_text(encoding="utf-8"))
    assert tuple(told) == HORIZONS
