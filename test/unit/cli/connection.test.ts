// How long the command line waits for the running server.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestOptions, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withRunningServer } from '../../../cli/connection.ts';

const { patience } = vi.hoisted(() => ({ patience: [] as unknown[] }));
vi.mock(import('node:http'), async (original) => {
  const http = await original();
  const request = (options: RequestOptions, answered: (response: IncomingMessage) => void) => {
    patience.push([options.method, options.timeout]);
    return http.request(options, answered);
  };
  return { ...http, request: request as typeof http.request };
});

let folder: string;
let server: Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sw-'));
  mkdirSync(join(folder, 'run'));
  server = createServer((_request, response) => void response.end('{}'));
  await new Promise<void>((done) => server.listen(join(folder, 'run', 'server.sock'), done));
  vi.stubEnv('SWITCHROOM_DATA', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
  rmSync(folder, { recursive: true });
});

it('waits minutes for what makes passwords or applies rules, and seconds for the rest', async () => {
  await withRunningServer(async (api) => {
    await api.post('/imports/agents', {});
    await api.get('/drain');
  });
  expect(patience).toEqual([
    ['POST', 600_000],
    ['GET', 15_000],
  ]);
});
