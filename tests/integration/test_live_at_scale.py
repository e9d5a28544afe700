"""The live picture of 5,000 recorders, 3,500 on duty, with a month of history: one statement, and how long it takes."""

import time
from datetime import UTC, datetime

import psutil
import pytest

from telemetry.store.live import live_snapshot
from telemetry.store.pool import Database

MOST_CPU_S = 0.4
"""Of one core, as the server's process counts it: how long that lasts depends on what else runs on the machine."""
LOOKS = 10
FLEET = """
INSERT INTO unit_fact(unit_id,version,slice,known_from,late,name,parent_id,kind) SELECT 'U'||g,1,1,now()-interval '90 d',false,'单位'||g,CASE WHEN g=0 THEN NULL ELSE 'U0' END,CASE WHEN g=0 THEN 'bureau' ELSE 'squad' END FROM generate_series(0,60) g;
INSERT INTO unit SELECT unit_id,name,parent_id,kind FROM unit_fact;
INSERT INTO officer_fact(officer_id,version,slice,known_from,late,name,unit_id,roles) SELECT 'P'||g,1,1,now()-interval '90 d',false,'警'||g,'U'||(1+g%60),'{officer}' FROM generate_series(1,6000) g;
INSERT INTO recorder_fact(recorder_id,version,slice,known_from,late,unit_id,model,holder_id,heartbeat_s,senses_sim,status) SELECT 'R'||g,1,1,now()-interval '90 d',false,'U'||(1+g%60),'X','P'||g,30,true,'service' FROM generate_series(1,5000) g;
INSERT INTO recorder SELECT recorder_id,unit_id,model,holder_id,imei,iccid,heartbeat_s,senses_sim,status FROM recorder_fact;
INSERT INTO assignment_fact(assignment_id,version,slice,known_from,late,recorder_id,officer_id,starts_at,ends_at,reason)
 SELECT 'A'||g||'-'||d,1,1,now()-d*interval '1 d',false,'R'||g,'P'||g,now()-d*interval '1 d'-interval '4 h',now()-d*interval '1 d'+interval '4 h','daily' FROM generate_series(1,3000) g, generate_series(0,30) d;
INSERT INTO shift_fact(shift_id,version,slice,known_from,late,officer_id,recorder_id,starts_at,ends_at,kind)
 SELECT 'S'||g||'-'||d,1,1,now()-interval '40 d',false,'P'||g,CASE WHEN g%3=0 THEN 'R'||g END,now()-d*interval '1 d'-interval '3 h',now()-d*interval '1 d'+interval '5 h','patrol' FROM generate_series(1,3500) g, generate_series(-7,30) d;
INSERT INTO activity_fact(activity_id,version,slice,known_from,late,officer_id,officer_ids,recorder_id,kind,starts_at,ends_at,times_from)
 SELECT 'C'||g||'-'||d,1,1,now()-d*interval '1 d',false,'P'||g,ARRAY['P'||g,'P'||(g+1)],CASE WHEN g%2=0 THEN 'R'||g END,'inspection',now()-d*interval '1 d'-interval '1 h',CASE WHEN d=0 THEN NULL ELSE now()-d*interval '1 d' END,'manual' FROM generate_series(1,1000) g, generate_series(0,30) d;
INSERT INTO exemption_fact(exemption_id,version,slice,known_from,late,officer_id,unit_id,starts_at,ends_at,reason,approved_by)
 SELECT 'E'||g||'-'||d,1,1,now()-interval '40 d',false,CASE WHEN g%50>0 THEN 'P'||g END,CASE WHEN g%50=0 THEN 'U'||(g/50) END,now()-d*interval '1 d'-interval '1 h',now()-d*interval '1 d'+interval '1 h','meeting','x' FROM generate_series(1,200) g, generate_series(0,30) d;
INSERT INTO recorder_state(recorder_id,first_received_at,last_received_at,last_heard_at,connected,connection_at,recording_state,recording_since,location_at,lat,lon,level_pct,charging,free_mb,total_mb,officer_id,rsrp_dbm,network,cell,sim,iccid)
 SELECT 'R'||g,now()-interval '1 d',now(),now()-(g%200)*interval '1 s',true,now()-interval '3 h',CASE WHEN g%3=0 THEN 'recording' ELSE 'standby' END,now()-interval '1 h',now()-interval '20 s',30.2+g*1e-5,120.1,80,false,5000,64000,CASE WHEN g%4=0 THEN 'P'||g END,-90,'4g','460-00-1-1','ready','8986' FROM generate_series(1,5000) g;
INSERT INTO incident(incident_id,rule,key,status,standing,confidence,weight,recorder_id,unit_id,starts_at,detected_at,evidence,parameters,digest,revision,version,changed_at)
 SELECT 'I'||g,'recorder-offline','k'||g,CASE WHEN g%20=0 THEN 'open' ELSE 'resolved' END,'holds','probable','check','R'||(1+g%5000),'U1',now()-interval '1 d',now(),'{}','{}','d',1,1,now() FROM generate_series(1,20000) g;
"""


@pytest.mark.slow
async def test_five_thousand_recorders_are_seen_at_once(database: str) -> None:
    opened = await Database.open(database, max_size=1)
    try:
        async with opened.connection() as connection:
            await connection.execute(FLEET)
            await connection.execute("ANALYZE")
            pid = await connection.fetchval("SELECT pg_backend_pid()")
        rows = await live_snapshot(opened, datetime.now(UTC))
        begun, used = time.perf_counter(), cpu_s(pid)
        for _ in range(LOOKS):
            await live_snapshot(opened, datetime.now(UTC))
        took, used = (time.perf_counter() - begun) / LOOKS, (cpu_s(pid) - used) / LOOKS
    finally:
        await opened.close()
    assert 5000 == len(rows)
    assert 3000 < sum(row.on_duty for row in rows) < 3600
    assert all(row.lat is None for row in rows if not row.on_duty)
    print(f"\n5,000 recorders: {used * 1000:.0f} ms of a core, {took * 1000:.0f} ms by the clock")  # noqa: T201
    assert used < MOST_CPU_S


def cpu_s(pid: int) -> float:
    """The processor time that a process of this machine has used (s)."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
