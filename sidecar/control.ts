// The command line's way in: a local socket that only this user can open. GET /channels, POST /channels/<name>/retry.
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { Core } from './core.ts';

/** @returns how to close it */
export async function openControl(path: string, core: Core): Promise<() => void> {
  const server = createServer((request, response) => {
    const name = /^\/channels\/([^/]+)\/retry$/.exec(request.url ?? '')?.[1];
    if (request.method === 'GET' && request.url === '/channels')
      return give(response, 200, { channels: core.figures() });
    const channel = request.method === 'POST' && name !== undefined ? core.channels.get(name) : undefined;
    if (channel === undefined) return give(response, 404, { message: `There is no ${request.method} ${request.url}.` });
    channel.retry().then(
      (count) => give(response, 200, { count }),
      (error: Error) => give(response, 500, { message: error.message }),
    );
  });
  // What an earlier sidecar left behind.
  rmSync(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

function give(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
