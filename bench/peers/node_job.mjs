// The whole job as it is commonly written in Node: pg, pg-query-stream, csv-stringify.
// usage: node node_job.mjs JSONL-FILE CSV-FILE
// Reads table orders as a stream, applies two rules, stores batches of 1,000 by one INSERT … SELECT unnest(…) each under row-level security, then reads
// the records back and writes both files. Which server and databases comes from PG* and the variables below, as bench's case "peers" sets them.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';

const env = process.env;
const require = createRequire(env.NODE_FOLDER + '/');
const pg = require('pg');
const QueryStream = require('pg-query-stream');
const { stringify } = require('csv-stringify');

const Batch = 1000;
const [jsonl, csv] = process.argv.slice(2);
const server = { host: env.PGHOST, port: Number(env.PGPORT) };
const source = new pg.Client({ ...server, database: env.SOURCE_DATABASE, user: env.PGUSER, password: env.PGPASSWORD || undefined });
const target = new pg.Client({ ...server, database: env.TARGET_DATABASE, user: env.TARGET_USER, password: env.TARGET_PASSWORD, options: `-c app.tenant_id=${env.TENANT}` });
await Promise.all([source.connect(), target.connect()]);
const stream = (client, sql, values = []) => client.query(new QueryStream(sql, values, { batchSize: Batch, highWaterMark: Batch }));

// The two rules; null where they change nothing.
function refine(record) {
  let refined = null;
  if (record.quantity > 25) refined = { ...record, size: 'bulk' };
  if (record.active === false && 'note' in record) {
    refined = { ...(refined ?? record) };
    delete refined.note;
  }
  return refined;
}

async function load(job) {
  let [first, ids, raw, refined] = [0, [], [], []];
  let columns = [];
  const keep = async () => {
    await target.query({
      name: 'keep',
      text: `INSERT INTO sync_data (tenant_id, job_id, seq, source_id, raw_data, refined_data)
             SELECT $1, $2, $3::bigint + n - 1, id, raw, refined FROM unnest($4::text[], $5::jsonb[], $6::jsonb[]) WITH ORDINALITY AS u(id, raw, refined, n)`,
      values: [env.TENANT, job, first, ids, raw, refined],
    });
    first += ids.length;
    [ids, raw, refined] = [[], [], []];
  };
  for await (const record of stream(source, 'SELECT * FROM orders')) {
    if (columns.length === 0) columns = Object.keys(record);
    const changed = refine(record);
    ids.push(String(record.id));
    raw.push(JSON.stringify(record));
    refined.push(changed === null ? null : JSON.stringify(changed));
    if (ids.length === Batch) await keep();
  }
  if (ids.length > 0) await keep();
  return [...columns, 'size'];
}

async function write(job, columns) {
  const lines = createWriteStream(jsonl);
  const cells = createWriteStream(csv);
  const table = stringify({ header: true, columns });
  table.pipe(cells);
  for await (const row of stream(target, 'SELECT raw_data, refined_data FROM sync_data WHERE job_id = $1 ORDER BY seq', [job])) {
    const record = row.refined_data ?? row.raw_data;
    if (!lines.write(JSON.stringify(record) + '\n')) await once(lines, 'drain');
    if (!table.write(record)) await once(table, 'drain');
  }
  lines.end();
  table.end();
  await Promise.all([once(lines, 'finish'), once(cells, 'finish')]);
}

const job = randomUUID();
await write(job, await load(job));
await Promise.all([source.end(), target.end()]);
