import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi, prometheusText, servePanels } from '../../../server/api/index.ts';
import { logger } from '../directory/site.ts';
import { type ApiServer, liveCall, startApi } from './api-server.ts';

let api: ApiServer;
const reasons: string[] = [];
beforeAll(async () => {
  api = await startApi({
    notReady: () => reasons,
    metrics: () => [
      {
        name: 'switchroom_test_total',
        help: 'Test "x"',
        type: 'counter',
        values: [{ labels: { a: 'q"\n' }, value: 3 }],
      },
    ],
  });
});
afterAll(() => api.close());

it('is healthy, and ready only when nothing stands in the way', async () => {
  expect(await (await fetch(`${api.url}/health`)).json()).toEqual({ status: 'ok', version: '0.0.0-test' });
  expect((await fetch(`${api.url}/ready`)).status).toBe(200);
  reasons.push('The edge is not connected.');
  const response = await fetch(`${api.url}/ready`);
  expect([response.status, await response.json()]).toEqual([
    503,
    { ready: false, reasons: ['The edge is not connected.'] },
  ]);
});

it('gives metrics in Prometheus format, to this host or with a token of the staff', async () => {
  liveCall(api);
  await api.send('GET', '/queues/none', api.tokens.admin);
  const text = await (await fetch(`${api.url}/metrics`)).text();
  expect(text).toContain('switchroom_calls{phase="talking"} 1\n');
  expect(text).toContain('switchroom_queue_waiting{queue="service"} 2\n');
  expect(text).toContain('switchroom_http_requests_total{method="GET",route="/queues/:key",status="404"} 1\n');
  expect(text).toContain('# TYPE switchroom_test_total counter\nswitchroom_test_total{a="q\\"\\n"} 3\n');
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^}]*\})? -?[0-9.e+-]+)$/);
  }
  const forwarded = await fetch(`${api.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  expect(forwarded.status).toBe(401);
  expect((await api.send('GET', '/api/../metrics', api.tokens.agent)).status).toBe(401);
  expect(prometheusText([{ name: 'a', help: 'b', type: 'gauge', values: [] }])).toBe('# HELP a b\n# TYPE a gauge\n');
});

describe('the documentation', () => {
  it('is OpenAPI 3.1 whose references all lead somewhere', async () => {
    const document = (await (await fetch(`${api.url}/api/v1/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe('3.1.0');
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
    expect(references.length).toBeGreaterThan(50);
    for (const name of references) expect(document.components.schemas).toHaveProperty(name);
    expect(text).not.toContain('$defs');
    const operations = Object.entries(document.paths).flatMap(([route, methods]) =>
      Object.values(methods).map((operation) => ({ route, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { route, parameters } of operations) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
      expect(inPath).toEqual(route.match(/\{\w+\}/g) ?? []);
    }
    expect(document.components.schemas.Queue).toMatchObject({ properties: { strategy: { enum: expect.any(Array) } } });
    expect(document.paths['/interactions']!.get!.parameters).toContainEqual(
      expect.objectContaining({
        name: 'limit',
        in: 'query',
        required: false,
        schema: expect.objectContaining({ type: 'integer' }),
      }),
    );
  });

  it('is a page that asks no other host and runs no script', async () => {
    const page = await (await fetch(`${api.url}/api/docs`)).text();
    expect(page).toContain('/agents/{id}/contacts/{interaction}/transfer');
    expect(page).not.toMatch(/<script|https?:\/\/|style=/);
    expect((await fetch(`${api.url}/api/docs.css`)).headers.get('content-type')).toMatch(/^text\/css/);
  });
});

it('says where nothing is', async () => {
  const response = await api.send('GET', '/nothing', api.tokens.admin);
  expect([response.status, await response.json()]).toEqual([
    404,
    { code: 'no-such-endpoint', message: expect.stringContaining('/api/docs'), details: expect.any(Object) },
  ]);
});

it('serves the panels beside it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchroom-panels-'));
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'index.html'), '<p>panel</p>');
  writeFileSync(path.join(folder, 'assets', 'app-123.js'), '1');
  const app = createApi(api.deps);
  servePanels(app, folder, logger);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const page of ['/', '/agent', '/supervisor/queues'])
    expect(await (await fetch(url + page)).text()).toBe('<p>panel</p>');
  expect((await fetch(`${url}/assets/app-123.js`)).headers.get('cache-control')).toContain('immutable');
  for (const missing of ['/assets/none.js', '/favicon.ico', '/api/v1/none', '/%2e%2e/%2e%2e/etc/passwd.txt']) {
    const response = await fetch(url + missing);
    expect([missing, response.status]).toEqual([
      missing,
      expect.toSatisfy((status: number) => status === 404 || status === 400),
    ]);
    expect(await response.json()).toHaveProperty('code');
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});
