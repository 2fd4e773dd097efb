// An OpenID provider of this test's own: authorization code with PKCE, signed ID tokens, userinfo; it lets everybody in who
// comes, as the person that was set, and can be made to lie.
import { generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Provider {
  issuer: string;
  /** Claims of whoever comes next. */
  person: Record<string, unknown>;
  /** Claims that only the userinfo endpoint tells. */
  more: Record<string, unknown>;
  /** Changes an ID token's claims, or how it is signed. */
  lie: { claims?: Record<string, unknown>; forged?: boolean; error?: string };
  close(): Promise<void>;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startProvider(client: { id: string; secret: string }): Promise<Provider> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const others = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const codes = new Map<string, { challenge: string; nonce: string; redirect: string }>();
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const provider: Provider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    person: {},
    more: {},
    lie: {},
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const json = (response: ServerResponse, body: unknown, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  function idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1_000);
    const standard = { iss: provider.issuer, aud: client.id, iat: now, exp: now + 60, nonce };
    const claims = { ...standard, ...provider.person, ...provider.lie.claims };
    const body = `${encode({ alg: 'RS256', kid: 'k1' })}.${encode(claims)}`;
    const key = (provider.lie.forged ? others : keys).privateKey;
    return `${body}.${sign('sha256', Buffer.from(body), key).toString('base64url')}`;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', provider.issuer);
    if (pathname === '/.well-known/openid-configuration') {
      const at = (path: string) => `${provider.issuer}/${path}`;
      json(response, {
        issuer: provider.issuer,
        authorization_endpoint: at('authorize'),
        token_endpoint: at('token'),
        userinfo_endpoint: at('userinfo'),
        jwks_uri: at('jwks'),
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['RS256'],
      });
    } else if (pathname === '/jwks') {
      json(response, { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] });
    } else if (pathname === '/authorize') {
      const back = new URL(query.get('redirect_uri') ?? '');
      back.searchParams.set('state', query.get('state') ?? '');
      if (provider.lie.error !== undefined) back.searchParams.set('error', provider.lie.error);
      else {
        const code = randomBytes(8).toString('hex');
        codes.set(code, {
          challenge: query.get('code_challenge') ?? '',
          nonce: query.get('nonce') ?? '',
          redirect: query.get('redirect_uri') ?? '',
        });
        back.searchParams.set('code', code);
      }
      response.writeHead(302, { location: back.href }).end();
    } else if (pathname === '/token') {
      let text = '';
      for await (const part of request) text += String(part);
      const form = new URLSearchParams(text);
      const code = form.get('code') ?? '';
      const begun = codes.get(code);
      codes.delete(code);
      const verified =
        begun?.challenge === hash('sha256', form.get('code_verifier') ?? '', 'base64url') &&
        begun.redirect === form.get('redirect_uri');
      const known = form.get('client_id') === client.id && form.get('client_secret') === client.secret;
      if (!begun || !verified || !known) return void json(response, { error: 'invalid_grant' }, 400);
      json(response, { access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: idToken(begun.nonce) });
    } else if (pathname === '/userinfo') {
      json(response, { ...provider.person, ...provider.more });
    } else response.writeHead(404).end();
  }
  return provider;
}
