// The cloud's HTTP: /t/<tenant>/v1/sites/… for signed sites, /t/<tenant>/v1/… with a token for people and programs, and one
// page for each tenant.
import type { KeyObject } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { readSignature, type SignatureClaim, settleRequest, uplinkLimits, verifyRequest } from '../uplink/index.ts';
import { type Clock, SwitchroomError } from '../values/index.ts';
import { Attempts } from './attempts.ts';
import type { Changes } from './changes.ts';
import { failed } from './errors.ts';
import { readBatch, type SiteKey, takeBatch } from './ingest.ts';
import { Nonces } from './nonces.ts';
import { loginPage, overviewPage } from './page.ts';
import { dayFigures, queueFigures, timelineOf } from './reports.ts';
import { settle, tailOf } from './settle.ts';
import type { Store } from './store.ts';
import type { Tenants } from './tenants.ts';

export interface CloudParts {
  store: Store;
  tenants: Tenants;
  changes: Changes;
  clock: Clock;
  logger: Logger;
  /** Batches taken at the same time; more are told to come later. Default 8. */
  mostAtOnce?: number;
}

const cookie = 'switchroom_cloud';
const dayMs = 86_400_000;
const retryAfterS = 2;

/** The last millisecond that a Date knows. */
const time = z.coerce.number().int().nonnegative().max(8_640_000_000_000_000).optional();
const span = z.object({
  from: time,
  to: time,
  withinMs: z.coerce.number().int().min(1).max(86_400_000).default(20_000),
  of: z.enum(['site', 'all']).default('site'),
});

export function createCloud({ store, tenants, changes, clock, logger, mostAtOnce = 8 }: CloudParts): Express {
  const app = express();
  app.disable('x-powered-by');
  // Who asks, and whether by HTTPS, is told by a proxy on this machine only.
  app.set('trust proxy', 'loopback');
  app.enable('strict routing');
  app.use((_, response, next) => {
    response.set({
      'Content-Security-Policy': "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    });
    next();
  });
  app.param('tenant', (_request, _response, next, tenant: string) => {
    next(isTenant(tenant) ? undefined : failed['cloud-not-logged-in']());
  });
  const nonces = new Nonces(store, clock);
  const attempts = new Attempts(clock);
  let taking = 0;

  app.get('/health', (_, response) => {
    response.json({ ok: true });
  });
  app.get('/ready', async (_, response) => {
    await store.pool.query('SELECT 1');
    response.json({ ready: true });
  });

  // ── sites ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  const site = express.Router({ mergeParams: true });
  // Who is no site is sent away before its body is read.
  site.use(async (request: Request, response: Response, next: NextFunction) => {
    const { tenant = '', site: name = '' } = request.params as Record<string, string>;
    const claim = readSignature(request.headers.authorization);
    const known = claim?.site === name && isTenant(tenant) && !name.includes('\0');
    const key = known ? await tenants.siteKey(tenant, name, clock.now()) : undefined;
    if (!claim || !key) throw failed['site-not-known']();
    response.locals.claim = { claim, key };
    response.locals.from = { tenant, site: name } satisfies SiteKey;
    next();
  });
  site.use(express.raw({ type: () => true, limit: uplinkLimits.compressedBytes, inflate: false }));
  site.use(async (request: Request, response: Response, next: NextFunction) => {
    const { claim, key } = response.locals.claim as { claim: SignatureClaim; key: KeyObject };
    const parts = { method: request.method, path: request.originalUrl, body: bodyOf(request) };
    const now = clock.now();
    const verdict = verifyRequest(key, claim, parts, now);
    if (verdict === 'clock') throw failed['site-clock']({ now });
    const from = response.locals.from as SiteKey;
    if (verdict === 'false' || !(await nonces.fresh(from, claim.nonce, claim.time))) throw failed['site-not-known']();
    next();
  });
  const from = (response: Response) => response.locals.from as SiteKey;
  const cursorOf = async ({ tenant, site: name }: SiteKey) =>
    (await tenants.sites(tenant)).find((one) => one.site === name)?.cursor ?? 0;

  site.get('/cursor', async (_, response) => {
    response.json({ cursor: await cursorOf(from(response)) });
  });
  site.post('/batches', async (request, response) => {
    if (taking >= mostAtOnce) {
      response.set('Retry-After', String(retryAfterS)).status(503).json({ code: 'busy' });
      return;
    }
    taking++;
    try {
      const cursor = await takeBatch(store, from(response), await readBatch(bodyOf(request)), clock.now());
      response.json({ cursor });
    } finally {
      taking--;
    }
  });
  site.get('/changes', async (request, response) => {
    const { after, wait } = z
      .object({
        after: z.coerce.number().int().nonnegative().default(0),
        wait: z.coerce.number().int().min(0).max(uplinkLimits.waitSeconds).default(0),
      })
      .parse(request.query);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const found = await changes.after(from(response), after, wait * 1_000, gone.signal);
    if (!gone.signal.aborted) response.json(found);
  });
  site.get('/tail', async (request, response) => {
    const number = z.coerce.number().int().nonnegative();
    const asked = z.object({ after: number, common: number.optional() }).parse(request.query);
    response.json(await tailOf(store, from(response), asked, clock.now()));
  });
  // Setting aside loses nothing, so that the site's own word is enough; dropping is for who runs the cloud.
  site.post('/settle', async (request, response) => {
    const asked = settleRequest.parse(jsonOf(bodyOf(request)));
    const settled = await settle(store, from(response), { ...asked, tail: 'aside' }, clock.now());
    if (!asked.dryRun) logger.warn({ ...from(response), ...settled }, 'a restored site was settled');
    response.json(settled);
  });
  app.use('/t/:tenant/v1/sites/:site', site);

  // ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const allowed = async (request: Request): Promise<string> => {
    const { tenant = '' } = request.params as Record<string, string>;
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? cookieOf(request);
    if (!bearer) throw failed['cloud-not-logged-in']();
    await checkToken(request, tenant, bearer);
    return tenant;
  };
  /** @throws cloud-not-logged-in, cloud-tokens-wrong */
  const checkToken = async ({ ip = '' }: Request, tenant: string, token: string): Promise<void> => {
    if (attempts.tooMany(ip)) throw failed['cloud-tokens-wrong']();
    if (await tenants.knows(tenant, token, clock.now())) return;
    attempts.wrong(ip);
    throw failed['cloud-not-logged-in']();
  };
  const spanOf = (request: Request) => {
    const { from: first, to, withinMs, of } = span.parse(request.query);
    const end = to ?? clock.now() + 1;
    return { span: { from: first ?? end - dayMs, to: end }, withinMs, of };
  };
  app.get('/t/:tenant/v1/sites', async (request, response) => {
    response.json({ sites: await tenants.sites(await allowed(request)) });
  });
  app.get('/t/:tenant/v1/reports/queues', async (request, response) => {
    const tenant = await allowed(request);
    const { span: when, withinMs, of } = spanOf(request);
    response.json({ ...when, withinMs, queues: await queueFigures(store, tenant, when, withinMs, of) });
  });
  app.get('/t/:tenant/v1/reports/days', async (request, response) => {
    const tenant = await allowed(request);
    const { span: when, of } = spanOf(request);
    response.json({ ...when, days: await dayFigures(store, tenant, when, of) });
  });
  app.get('/t/:tenant/v1/timeline/:hash', async (request, response) => {
    const tenant = await allowed(request);
    const { hash } = z.object({ hash: z.string().regex(/^h1:[\w-]{22}$/) }).parse(request.params);
    response.json({ interactions: await timelineOf(store, tenant, hash, 200) });
  });

  // ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────────
  app.get('/style.css', (_, response) => {
    response.set('Cache-Control', 'public, max-age=3600').sendFile('style.css', { root: import.meta.dirname });
  });
  const languageOf = (request: Request) => (request.acceptsLanguages('zh', 'en') === 'zh' ? 'zh' : 'en');
  const askAgain = (request: Request, response: Response, error: unknown, tried: boolean): void => {
    if (!(error instanceof SwitchroomError) || error.status >= 500) throw error;
    const problem = error.status === 429 ? 'tooMany' : tried ? 'wrong' : undefined;
    response.status(error.status).send(loginPage(languageOf(request), problem));
  };
  app.get('/t/:tenant', (request, response) => {
    response.redirect(303, `${encodeURIComponent(request.params.tenant)}/`);
  });
  app.get('/t/:tenant/', async (request, response) => {
    const { tenant } = request.params;
    try {
      await allowed(request);
    } catch (error) {
      askAgain(request, response, error, false);
      return;
    }
    const { span: when, withinMs } = spanOf(request);
    const [sites, queues, together] = await Promise.all([
      tenants.sites(tenant),
      queueFigures(store, tenant, when, withinMs),
      queueFigures(store, tenant, when, withinMs, 'all'),
    ]);
    const figures = { sites, queues, together, ...when, withinMs };
    response.send(overviewPage(languageOf(request), { tenant, ...figures, now: clock.now() }));
  });
  app.post('/t/:tenant/login', express.urlencoded({ extended: false, limit: 2_000 }), async (request, response) => {
    const { token } = (request.body ?? {}) as { token?: unknown };
    const given = typeof token === 'string' ? token.trim() : '';
    try {
      await checkToken(request, request.params.tenant ?? '', given);
    } catch (error) {
      askAgain(request, response, error, true);
      return;
    }
    // Without a path it holds for the folder of the page as the browser sees it: this tenant's, behind a proxy, too.
    const secure = request.secure ? '; Secure' : '';
    response.append('Set-Cookie', `${cookie}=${given}; Max-Age=${dayMs / 1_000}; HttpOnly; SameSite=Strict${secure}`);
    response.redirect(303, './');
  });

  app.use((_, response) => {
    response.status(404).json({ code: 'not-found' });
  });
  app.use(
    (error: Error & { status?: number; type?: string }, request: Request, response: Response, _: NextFunction) => {
      if (response.headersSent) return response.destroy();
      const { code, status, message, details } = asKnown(error);
      if (status >= 500) logger.error({ err: error, path: request.path }, 'a request failed');
      if (status === 503) response.set('Retry-After', String(retryAfterS));
      // A site that begins elsewhere is told where to go on, one whose clock is wrong what time it is.
      response.status(status).json({ code, reason: message, ...pick(details, 'cursor'), ...pick(details, 'now') });
    },
  );
  return app;
}

function asKnown(error: Error & { status?: number }): Pick<SwitchroomError, 'code' | 'status' | 'message' | 'details'> {
  if (error instanceof SwitchroomError) return error;
  if (error instanceof z.ZodError)
    return { code: 'request-invalid', status: 400, message: z.prettifyError(error), details: {} };
  // Of express and its body parser: too large, broken encoding.
  if (error.status !== undefined && error.status < 500)
    return { code: 'request-invalid', status: error.status, message: error.message, details: {} };
  // PostgreSQL is away, or slow: the site comes again.
  return failed['cloud-database']({ reason: 'try again later' });
}

function pick(details: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return details[name] === undefined ? {} : { [name]: details[name] };
}

function bodyOf({ body }: Request): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** @throws batch-invalid */
function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw failed['batch-invalid']({ reason: 'is no JSON' }, { cause: error });
  }
}

function isTenant(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(name);
}

function cookieOf(request: Request): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name = '', value = ''] = part.trim().split('=');
    if (name === cookie) return value;
  }
  return undefined;
}
