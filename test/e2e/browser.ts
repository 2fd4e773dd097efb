// Debian's Chromium, driven by playwright-core, and the panels of web/ served as the product serves them.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { buildWeb } from '../../tools/build-web.ts';

const executablePath = process.env.SWITCHROOM_CHROMIUM ?? '/usr/bin/chromium';

/** Undefined where there is no Chromium: page tests are left out then, by name. */
export const hasChromium = existsSync(executablePath);

/** @param more switches of Chromium */
export function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', ...more],
  });
}

/** The strictest policy that the panels work under. */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Site {
  /** Serves the built panels and a login: agents' passwords are `secret-<id>`. */
  onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  close(): void;
}

export async function buildSite(agents: readonly string[]): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-web-'));
  await buildWeb(folder);
  return {
    onRequest(request, response) {
      const path = new URL(request.url ?? '/', 'http://host').pathname;
      if (path === '/api/v1/session') {
        answerSession(agents, request, response);
        return;
      }
      if (path === '/api/v1/session/ways') {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"password":true,"ldap":false}');
        return;
      }
      if (path.startsWith('/api/v1/reports/')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"rows":[]}');
        return;
      }
      if (path.startsWith('/api/v1/knowledge/')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"articles":[]}');
        return;
      }
      const file = join(folder, path === '/' ? 'index.html' : path);
      if (!existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': contentSecurityPolicy,
      });
      response.end(readFileSync(file));
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}

const csrf = 'a-token-of-the-session';

function answerSession(agents: readonly string[], request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET') {
    response.writeHead(request.headers.cookie?.includes('agent=') ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ csrf }));
  } else if (request.method === 'DELETE') {
    if (request.headers['x-csrf-token'] !== csrf) {
      response.writeHead(403).end();
      return;
    }
    response.writeHead(204, { 'set-cookie': 'agent=; HttpOnly; Max-Age=0; Path=/' }).end();
  } else {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      const { login, password } = JSON.parse(body) as { login: string; password: string };
      const right = agents.includes(login) && password === `secret-${login}`;
      if (right) response.setHeader('set-cookie', `agent=${login}; HttpOnly; SameSite=Strict; Path=/`);
      response.writeHead(right ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(right ? { csrf } : { code: 'login-failed', message: 'Login or password is wrong.' }));
    });
  }
}
