// Reads lists of SQL statements, a JSON line each, and answers each with a line: for every statement its columns' types and its rows, values as text with every digit.
import { createInterface } from 'node:readline';

// The package decodes texts without a byte order mark at their beginning; in a record it is text.
const { TextDecoder } = globalThis;
globalThis.TextDecoder = class extends TextDecoder {
  constructor(label, options) {
    super(label, { ...options, ignoreBOM: true });
  }
};
const { DuckDBInstance } = await import('@duckdb/node-api');

// Files are written anew under the same name.
const connection = await (await DuckDBInstance.create(':memory:', { enable_external_file_cache: 'false' })).connect();
const text = (value) => (value === null ? null : Object.is(value, -0) ? '-0' : String(value));

async function run(sql) {
  const reader = await connection.runAndReadAll(sql);
  return { types: reader.columnTypes().map(String), rows: reader.getRows().map((row) => row.map(text)) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const results = [];
    for (const sql of JSON.parse(line)) results.push(await run(sql));
    answer = { results };
  } catch (e) {
    answer = { error: String(e) };
  }

  process.stdout.write(JSON.stringify(answer) + '\n');
}
