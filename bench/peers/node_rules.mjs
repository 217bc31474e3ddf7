// Business rules as they are commonly run in Node: JSON.parse, npm json-logic-js and JSON.stringify, one record after the other.
// What the rules leave of a record is JSON again here as it is at ours: nobody can store or send it otherwise.
// usage: node node_rules.mjs RULES-FILE JSONL-FILE
import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.env.NODE_FOLDER + '/');
const logic = require('json-logic-js');
const [rulesFile, records] = process.argv.slice(2);
const rules = JSON.parse(readFileSync(rulesFile, 'utf8'));
let [rest, count, hits, written] = ['', 0, 0, 0];

function run(record) {
  const tags = [];
  for (const rule of rules) {
    if (rule.when !== undefined && !logic.truthy(logic.apply(rule.when, record))) continue;
    hits++;
    for (const action of rule.then) {
      if (action.set) for (const [field, value] of Object.entries(action.set)) record[field] = logic.apply(value, record);
      else if (action.remove) delete record[action.remove];
      else if (action.tag) tags.push(action.tag);
    }
  }
  written += JSON.stringify(tags.length > 0 ? { record, tags } : record).length;
  count++;
}

for await (const part of createReadStream(records, { encoding: 'utf8', highWaterMark: 1024 * 1024 })) {
  const lines = (rest + part).split('\n');
  rest = lines.pop();
  for (const line of lines) run(JSON.parse(line));
}
if (count !== Number(process.env.EXPECTED) || hits === 0 || written === 0) throw new Error(`${count} records, ${hits} hits`);
