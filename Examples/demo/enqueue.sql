-- The producer of the demo: plain psql. Variables: queue, its name; scratch, a folder with the list of files, one a line.
\set list :scratch '/files'
\set files `cat :'list'`

-- Short times, so that retries and a lost worker can be watched. With exit status 65 the handler says "never again".
select from queue.create_queue(:'queue', '{
    "lease": "3 seconds", "max_attempts": 3, "permanent_codes": ["EXIT_65"],
    "backoff_base": "500 milliseconds", "backoff_factor": 2, "backoff_jitter": 0.2
}');

create temporary table demo_job (job_id bigint primary key, input text not null, path text);

-- Inputs with something wrong, before everything else.
insert into demo_job
select queue.enqueue(:'queue', 'fingerprint', b.payload, priority => 10, max_attempts => b.attempts),
    b.input, b.payload ->> 'path'
from (values
    ('missing file', jsonb_build_object('path', :'scratch' || '/nothing-1.txt'), 3),
    ('missing file', jsonb_build_object('path', :'scratch' || '/nothing-2.txt'), 3),
    ('file that comes late', jsonb_build_object('path', :'scratch' || '/late.txt'), 6),
    ('no file but a folder', jsonb_build_object('path', :'scratch'), 3),
    ('no path', '{"file": "misspelt"}', 3)
) as b (input, payload, attempts);

-- One job for each file, in one statement; the ids come in the order of the payloads.
with list as (
    select string_to_array(:'files', E'\n') as paths
)
insert into demo_job
select j.job_id, 'file', list.paths[j.place]
from list
cross join lateral queue.enqueue_batch(
    queue => :'queue', kind => 'fingerprint',
    payloads => array(select jsonb_build_object('path', u.path) from unnest(list.paths) as u (path))
) with ordinality as j (job_id, place);

analyze demo_job;
select min(job_id) as first_job, max(job_id) as last_job from demo_job \gset
