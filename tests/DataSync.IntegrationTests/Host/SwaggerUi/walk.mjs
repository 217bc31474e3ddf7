// Swagger UI as a person uses it: authorise, start a sync, download its export. Prints what was seen as one line of JSON.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const [address, token, source, file] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'datasync-browser-'));
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM, headless: true, userDataDir: join(folder, 'profile'),
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const page = await browser.newPage();
  const complaints = [];
  page.on('pageerror', e => complaints.push(String(e)));
  page.on('console', m => { if (m.type() === 'error' || /Content.Security.Policy/i.test(m.text())) complaints.push(m.text()); });
  page.setDefaultTimeout(60000);
  await page.setViewport({ width: 1280, height: 1000 });
  await page.goto(`${address}swagger/index.html`, { waitUntil: 'domcontentloaded' });
  const click = async selector => { await page.waitForSelector(selector); await page.$eval(selector, e => e.click()); };
  // A field takes over what was typed once it is left.
  const fill = async (selector, text) => {
    await page.waitForSelector(selector);
    await page.$eval(selector, e => { e.focus(); e.select(); });
    await page.keyboard.sendCharacter(text);
    await page.$eval(selector, e => e.blur());
  };

  await click('button.authorize');
  await fill('.dialog-ux input[type=text], .dialog-ux input[aria-label=auth-bearer-value]', token);
  await click('.dialog-ux .modal-btn.authorize');
  await click('.dialog-ux .btn-done');
  const authorised = (await page.$('button.authorize.locked')) !== null;

  const start = '#operations-Syncs-postSyncStart';
  await click(`${start} .opblock-summary-control`);
  await click(`${start} .try-out__btn`);
  await fill(`${start} textarea.body-param__text`, JSON.stringify({ source_id: source, output_format: 'jsonl' }));
  await click(`${start} .execute`);
  const status = await page.waitForSelector(`${start} .live-responses-table tbody .response-col_status`).then(e => e.evaluate(x => x.textContent.trim()));
  const answer = await page.$eval(`${start} .live-responses-table`, e => e.textContent);
  const job = /"job_id":\s*"([0-9a-f-]{36})"/.exec(answer)?.[1];

  // The page's own reach: what its policy lets it connect to.
  const ended = await page.evaluate(async (path, bearer) => {
    for (let i = 0; i < 600; i++) {
      const job = await (await fetch(path, { headers: { authorization: `Bearer ${bearer}` } })).json();
      if (['completed', 'failed', 'cancelled'].includes(job.status)) return job.status;
      await new Promise(r => setTimeout(r, 100));
    }
    return 'still running';
  }, `/api/sync/jobs/${job}`, token);

  const client = await browser.target().createCDPSession();
  const downloads = join(folder, 'downloads');
  await client.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads, eventsEnabled: true });
  const saved = new Promise((resolve, reject) => client.on('Browser.downloadProgress', p => p.state === 'completed' ? resolve() : p.state === 'canceled' && reject(new Error('the download was canceled'))));
  const fetching = '#operations-Exports-getSyncJobExport';
  await click(`${fetching} .opblock-summary-control`);
  await click(`${fetching} .try-out__btn`);
  await fill(`${fetching} tr[data-param-name=job_id] input`, job);
  await fill(`${fetching} tr[data-param-name=name] input`, file);
  await click(`${fetching} .execute`);
  await click(`${fetching} .live-responses-table a[download]`);
  await saved;
  const [name] = readdirSync(downloads);
  console.log(JSON.stringify({ authorised, status, job, ended, name, content: readFileSync(join(downloads, name), 'utf8'), complaints }));
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
