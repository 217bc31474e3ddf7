// DuckDB reads documents, one a line, and writes them as Parquet, nested objects flattened no further than it does by itself.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.NODE_FOLDER, 'package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');
const [, , documents, parquet] = process.argv;
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
await connection.run(`COPY (SELECT * FROM read_json(${quoted(documents)}, format = 'newline_delimited')) TO ${quoted(parquet)} (FORMAT parquet)`);
