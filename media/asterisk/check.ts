// Looks at an Asterisk from outside: whether it lets us in, and has what the driver needs. For doctor.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { basic } from './ari.ts';
import type { AsteriskHostOptions } from './host.ts';
import { Manager } from './manager.ts';
import { throughTls } from './tls-passage.ts';

export interface AsteriskCheck {
  version?: string | undefined;
  /** Modules of our modules.conf that are not running there. */
  missing: string[];
  /** As sentences without a full stop. */
  problems: string[];
}

const withinMs = 3_000;

export async function checkAsterisk(host: AsteriskHostOptions): Promise<AsteriskCheck> {
  const { reached, passages } = await throughTls([host], pino({ level: 'silent' }));
  try {
    const found = await look(reached[0] ?? host);
    const trouble = passages[0]?.trouble;
    return trouble === undefined ? found : { ...found, problems: [trouble] };
  } finally {
    for (const passage of passages) await passage.close();
  }
}

async function look(host: AsteriskHostOptions): Promise<AsteriskCheck> {
  const found: AsteriskCheck = { missing: [], problems: [] };
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`${host.url}/ari/${path}`, {
      headers: { authorization: basic(host) },
      signal: AbortSignal.timeout(withinMs),
    });
    if (response.status === 401) throw new Error(`ARI does not let ${host.user} in`);
    if (!response.ok) throw new Error(`ARI answers ${response.status} to ${path}`);
    return response.json();
  };
  try {
    const info = (await ask('asterisk/info')) as { system?: { version?: string } };
    found.version = info.system?.version;
    const modules = (await ask('asterisk/modules')) as { name: string; status: string }[];
    const running = new Set(modules.filter(({ status }) => status === 'Running').map(({ name }) => name));
    found.missing = wantedModules().filter((name) => !running.has(name));
  } catch (error) {
    const { message, cause } = error as Error;
    found.problems.push(cause instanceof Error ? `${message}: ${cause.message}` : message);
    return found;
  }
  try {
    await new Manager(host).action({ action: 'Ping' });
  } catch (error) {
    found.problems.push(`recordings need its manager over HTTP: ${(error as Error).message}`);
  }
  return found;
}

function wantedModules(): string[] {
  const text = readFileSync(join(import.meta.dirname, 'etc', 'modules.conf'), 'utf8');
  return [...text.matchAll(/^(?:pre)?load\s*=\s*(\S+\.so)/gm)].map(([, name = '']) => name);
}
