// The cloud's HTTP: /t/<tenant>/v1/sites/… for signed sites, /t/<tenant>/v1/… with a token for people and programs, and one
// page for each tenant.
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { readSignature, uplinkLimits, verifyRequest } from '../uplink/index.ts';
import { type Clock, SwitchroomError } from '../values/index.ts';
import type { Changes } from './changes.ts';
import { failed } from './errors.ts';
import { readBatch, type SiteKey, takeBatch } from './ingest.ts';
import { Nonces } from './nonces.ts';
import { loginPage, overviewPage } from './page.ts';
import { dayFigures, queueFigures, timelineOf } from './reports.ts';
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

const span = z.object({
  from: z.coerce.number().int().nonnegative().optional(),
  to: z.coerce.number().int().nonnegative().optional(),
  withinMs: z.coerce.number().int().min(1).max(86_400_000).default(20_000),
});

export function createCloud({ store, tenants, changes, clock, logger, mostAtOnce = 8 }: CloudParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_, response, next) => {
    response.set({
      'Content-Security-Policy': "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    });
    next();
  });
  const nonces = new Nonces(clock);
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
  site.use(express.raw({ type: () => true, limit: uplinkLimits.compressedBytes, inflate: false }));
  site.use(async (request: Request, response: Response, next: NextFunction) => {
    const { tenant = '', site: name = '' } = request.params as Record<string, string>;
    const claim = readSignature(request.headers.authorization);
    const key = claim?.site === name ? await tenants.siteKey(tenant, name, clock.now()) : undefined;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const parts = { method: request.method, path: request.originalUrl, body };
    if (!claim || !key || !verifyRequest(key, claim, parts, clock.now()) || !nonces.fresh(claim.nonce))
      throw failed['site-not-known']();
    response.locals.from = { tenant, site: name } satisfies SiteKey;
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
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const cursor = await takeBatch(store, from(response), await readBatch(body), clock.now());
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
  app.use('/t/:tenant/v1/sites/:site', site);

  // ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const allowed = async (request: Request): Promise<string> => {
    const { tenant = '' } = request.params as Record<string, string>;
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? cookieOf(request);
    if (!bearer || !(await tenants.knows(tenant, bearer, clock.now()))) throw failed['cloud-not-logged-in']();
    return tenant;
  };
  const spanOf = (request: Request) => {
    const { from: first, to, withinMs } = span.parse(request.query);
    const end = to ?? clock.now() + 1;
    return { span: { from: first ?? end - dayMs, to: end }, withinMs };
  };
  app.get('/t/:tenant/v1/sites', async (request, response) => {
    response.json({ sites: await tenants.sites(await allowed(request)) });
  });
  app.get('/t/:tenant/v1/reports/queues', async (request, response) => {
    const tenant = await allowed(request);
    const { span: when, withinMs } = spanOf(request);
    response.json({ ...when, withinMs, queues: await queueFigures(store, tenant, when, withinMs) });
  });
  app.get('/t/:tenant/v1/reports/days', async (request, response) => {
    const tenant = await allowed(request);
    const { span: when } = spanOf(request);
    response.json({ ...when, days: await dayFigures(store, tenant, when) });
  });
  app.get('/t/:tenant/v1/timeline/:hash', async (request, response) => {
    const tenant = await allowed(request);
    response.json({ interactions: await timelineOf(store, tenant, String(request.params.hash), 200) });
  });

  // ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────────
  app.get('/style.css', (_, response) => {
    response.set('Cache-Control', 'public, max-age=3600').sendFile('style.css', { root: import.meta.dirname });
  });
  app.get('/t/:tenant/', async (request, response) => {
    const language = request.acceptsLanguages('zh', 'en') === 'zh' ? 'zh' : 'en';
    const { tenant } = request.params;
    try {
      await allowed(request);
    } catch (error) {
      if (!(error instanceof SwitchroomError)) throw error;
      response.status(401).send(loginPage(language, tenant));
      return;
    }
    const { span: when, withinMs } = spanOf(request);
    const [sites, queues] = await Promise.all([tenants.sites(tenant), queueFigures(store, tenant, when, withinMs)]);
    response.send(overviewPage(language, { tenant, sites, queues, now: clock.now(), ...when, withinMs }));
  });
  app.post('/t/:tenant/login', express.urlencoded({ extended: false, limit: 2_000 }), async (request, response) => {
    const { tenant } = request.params;
    const { token = '' } = (request.body ?? {}) as { token?: unknown };
    const language = request.acceptsLanguages('zh', 'en') === 'zh' ? 'zh' : 'en';
    if (typeof token !== 'string' || !(await tenants.knows(tenant ?? '', token, clock.now()))) {
      response.status(401).send(loginPage(language, tenant ?? '', true));
      return;
    }
    const secure = request.secure || request.headers['x-forwarded-proto'] === 'https';
    response.cookie(cookie, token, { httpOnly: true, sameSite: 'strict', secure, path: `/t/${tenant}`, maxAge: dayMs });
    response.redirect(303, `/t/${encodeURIComponent(tenant ?? '')}/`);
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
      // A site that begins elsewhere is told where to go on.
      response
        .status(status)
        .json({ code, reason: message, ...(details.cursor === undefined ? {} : { cursor: details.cursor }) });
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

function cookieOf(request: Request): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name = '', value = ''] = part.trim().split('=');
    if (name === cookie) return value;
  }
  return undefined;
}
