// Access tokens for mailboxes that take no passwords (XOAUTH2): fetched at the provider's token endpoint and renewed before
// their end (RFC 6749: 4.4 client credentials, 6 refresh token). A new refresh token takes the place of the one in the settings.
import type { ConnectorTools, TokenKeeper } from '../../connector.ts';
import { digest, jsonObject, numberAt, textAt } from '../provider/index.ts';
import type { MailSettings } from './settings.ts';

type OAuth = NonNullable<MailSettings['oauth']>;

/** Where a provider does not say how long a token lives (RFC 6749 5.1 lets it). */
const usualSeconds = 3_600;

/** @returns a keeper whose `get` rejects with the provider's own error code */
export function mailToken(oauth: OAuth, tools: Pick<ConnectorTools, 'fetch' | 'token' | 'memory'>): TokenKeeper {
  return tools.token({ fetch: () => newToken(oauth, tools), marginMs: 300_000 });
}

async function newToken(
  { tokenUrl, clientId, clientSecret, refreshToken, scope }: OAuth,
  { fetch, memory }: Pick<ConnectorTools, 'fetch' | 'memory'>,
): Promise<{ token: string; expiresInMs: number }> {
  // Of these settings only: who puts another refresh token into them means that one.
  const kept = `oauth:${digest(tokenUrl, clientId, refreshToken ?? '')}`;
  const refresh = memory.get(kept) || refreshToken;
  const body = new URLSearchParams({
    ...(refresh === undefined
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'refresh_token', refresh_token: refresh }),
    client_id: clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
    ...(scope === undefined ? {} : { scope }),
  });
  const answer = await fetch(tokenUrl, { method: 'POST', body, headers: { accept: 'application/json' } });
  const json = jsonObject(await answer.text()) ?? {};
  const token = textAt(json, 'access_token');
  if (!answer.ok || token === undefined) {
    // Never its description, which may quote what we sent.
    const code = /^[\w.-]{1,60}$/.exec(textAt(json, 'error') ?? '')?.[0] ?? '';
    throw new Error(`no access token for the mailbox: ${answer.status} ${code}`.trim());
  }
  const next = textAt(json, 'refresh_token');
  if (next !== undefined && next !== refresh) memory.set(kept, next);
  return { token, expiresInMs: (numberAt(json, 'expires_in') ?? usualSeconds) * 1_000 };
}
