// An OpenID Connect issuer of another make. A line of JSON in ({do, …}), a line of JSON out: the address, a token, or {}.
import { createInterface } from 'node:readline';
import { OAuth2Server } from 'oauth2-mock-server';

const server = new OAuth2Server();
const keys = server.issuer.keys;
const every = keys.toJSON.bind(keys);
const hidden = new Set();
keys.toJSON = (secrets) => every(secrets).filter((key) => !hidden.has(key.kid)); // what the store knows and the issuer no longer publishes
let port = 0;
const acts = {
  start: async () => { await server.start(port, '127.0.0.1'); port = server.address().port; return { url: server.issuer.url }; },
  stop: async () => { const { url } = server.issuer; await server.stop(); server.issuer.url = url; return {}; }, // it keeps its name, so that tokens can be made meanwhile
  generate: async ({ alg, kid }) => { await keys.generate(alg, { kid }); return {}; },
  hide: async ({ kid }) => { hidden.add(kid); return {}; },
  token: async ({ kid, claims }) => ({
    token: await server.issuer.buildToken({ kid, scopesOrTransform: (header, payload) => { header.typ = 'at+jwt'; Object.assign(payload, claims); } }),
  }),
};
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  console.log(JSON.stringify(await acts[command.do](command)));
}
