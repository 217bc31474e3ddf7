// Signs as providers' own packages do. A line of JSON in, {library, secret, id, seconds, body} with the body in base64; a line of JSON out, the headers.
import { createInterface } from 'node:readline';
import { sign } from '@octokit/webhooks-methods';
import { Webhook as Standard } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as Svix } from 'svix';

const stripe = new Stripe('sk_test_none');
const signers = {
  standardwebhooks: (a, body) => ({ 'webhook-id': a.id, 'webhook-timestamp': `${a.seconds}`, 'webhook-signature': new Standard(a.secret).sign(a.id, new Date(a.seconds * 1000), body) }),
  svix: (a, body) => ({ 'svix-id': a.id, 'svix-timestamp': `${a.seconds}`, 'svix-signature': new Svix(a.secret).sign(a.id, new Date(a.seconds * 1000), body) }),
  stripe: (a, body) => ({ 'Stripe-Signature': stripe.webhooks.generateTestHeaderString({ payload: body, secret: a.secret, timestamp: a.seconds }) }),
  octokit: async (a, body) => ({ 'X-Hub-Signature-256': await sign(a.secret, body), 'X-GitHub-Delivery': a.id, 'X-GitHub-Event': 'push' }),
};
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify(await signers[asked.library](asked, Buffer.from(asked.body, 'base64').toString('utf8'))));
}
