// The HTTP face of the server: REST under /api/v1, its documentation, health, readiness and metrics.
import { isIP } from 'node:net';
import express, { type Express, type Request } from 'express';
import type { ApiDeps } from './deps.ts';
import { docsPage, docsStyle } from './docs-page.ts';
import { allEndpoints } from './endpoints/index.ts';
import { answerErrors, noSuchEndpoint } from './error-answers.ts';
import { failed } from './errors.ts';
import { HttpMetrics, prometheusText } from './metrics.ts';
import { openApi } from './openapi.ts';
import { makeRouter } from './router.ts';
import { isStaff } from './scope.ts';
import { securityHeaders } from './security-headers.ts';

/** The application: to be given to http.createServer. Panels are added by `servePanels`; errors are answered in here. */
export function createApi(deps: ApiDeps): Express {
  const { logger, secureCookies = false, trustProxy = [], embedders, version, notReady } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', trustProxy.length === 0 ? false : trustProxy);
  app.set('etag', false);
  app.use(securityHeaders(secureCookies, embedders));

  const metrics = new HttpMetrics();
  const endpoints = allEndpoints(deps);
  // Made when somebody asks: it costs a third of a second, which a restarted server has better uses for.
  const documents: { open?: ReturnType<typeof openApi>; page?: string } = {};
  const document = () => {
    documents.open ??= openApi(endpoints, version);
    return documents.open;
  };

  app.get('/health', (_request, response) => {
    response.json({ status: 'ok', version });
  });
  app.get('/ready', (_request, response) => {
    const reasons = notReady();
    response.status(reasons.length === 0 ? 200 : 503).json({ ready: reasons.length === 0, reasons });
  });
  app.get('/metrics', (request, response) => {
    if (!mayScrape(request, deps)) throw failed['not-logged-in']();
    response.type('text/plain; version=0.0.4; charset=utf-8').send(prometheusText(metrics.read(deps)));
  });
  app.get('/api/docs', (_request, response) => {
    documents.page ??= docsPage(document());
    response.type('html').send(documents.page);
  });
  app.get('/api/docs.css', (_request, response) => {
    response.type('css').send(docsStyle);
  });
  app.use('/api', (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.get('/api/v1/openapi.json', (_request, response) => {
    response.json(document());
  });
  app.use(
    '/api/v1',
    makeRouter(endpoints, deps, (endpoint, status, ms) => metrics.done(endpoint, status, ms)),
  );
  app.use('/api', noSuchEndpoint);
  app.use(answerErrors(logger));
  return app;
}

/** A scraper on this host needs no login; one elsewhere needs a token of the staff. */
function mayScrape(request: Request, { accounts }: ApiDeps): boolean {
  const { cookie, authorization } = request.headers;
  const principal = accounts.authenticate({ cookie, authorization });
  if (principal) return isStaff(principal) && principal.needs === undefined;
  const address = (request.ip ?? '').replace(/^::ffff:/, '');
  // Behind a proxy on this host everybody seems local: then only a believed X-Forwarded-For says who asks.
  const forwarded = request.headers['x-forwarded-for'] !== undefined && request.app.get('trust proxy') === false;
  return !forwarded && (address === '::1' || (isIP(address) === 4 && address.startsWith('127.')));
}
