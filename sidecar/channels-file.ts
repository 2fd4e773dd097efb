// The file of the channels (sidecar.json): which there are, of which kind, with their settings. Secrets stand elsewhere: the
// file names them, `{ "file": … }` (relative to it) or `{ "env": … }`.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { readSecret } from '../config/index.ts';
import { type ConnectorKind, SecretText } from './connector.ts';
import type { ChannelSetup } from './core.ts';
import { failed } from './errors.ts';

const named = z.strictObject({
  $schema: z.string().optional(),
  channels: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a channel is named by small letters, digits and hyphens'),
    z.strictObject({
      kind: z.string(),
      /** It stays in the file and does nothing. */
      disabled: z.boolean().optional(),
      settings: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});

/**
 * Reads the channels. Without a file there are none.
 * @throws channels-unreadable, channels-invalid naming file, channel, field and reason: of the first thing that is wrong
 */
export function readChannels(
  file: string,
  kinds: readonly ConnectorKind[],
  env: NodeJS.ProcessEnv = process.env,
): ChannelSetup[] {
  if (!existsSync(file)) return [];
  const setups: ChannelSetup[] = [];
  for (const [name, { kind: kindName, disabled, settings }] of Object.entries(parse(file).channels)) {
    if (disabled) continue;
    const wrong = (field: string, reason: string) => failed['channels-invalid']({ file, channel: name, field, reason });
    const kind = kinds.find((one) => one.kind === kindName);
    if (kind === undefined) {
      throw wrong('kind', `there is no kind "${kindName}"; known are ${kinds.map((one) => one.kind).join(', ')}`);
    }
    let revealed: unknown;
    try {
      revealed = reveal(settings, 'settings', dirname(file), env);
    } catch (error) {
      throw failed['channels-invalid'](
        { file, channel: name, field: 'settings', reason: (error as Error).message.replace(/\.$/, '') },
        { cause: error },
      );
    }
    const parsed = kind.settings.safeParse(revealed);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const field = ['settings', ...(issue?.path ?? [])].join('.');
      throw wrong(field, issue?.message ?? 'is not valid');
    }
    setups.push({ name, kind, settings: parsed.data });
  }
  return setups;
}

function parse(file: string): z.infer<typeof named> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw failed['channels-unreadable']({ file, reason: (error as Error).message }, { cause: error });
  }
  const parsed = named.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [, channel = '(any)', ...field] = (issue?.path ?? []).map(String);
  throw failed['channels-invalid']({
    file,
    channel,
    field: field.join('.') || issue?.path.join('.') || 'channels',
    reason: (issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message) ?? 'is not valid',
  });
}

/** Every `{ "file": … }` and `{ "env": … }` becomes the secret that it names. @throws settings-invalid */
function reveal(value: unknown, path: string, folder: string, env: NodeJS.ProcessEnv): unknown {
  if (Array.isArray(value)) return value.map((one, at) => reveal(one, `${path}.${at}`, folder, env));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && typeof first[1] === 'string') {
    if (first[0] === 'file') return new SecretText(readSecret(path, { file: resolve(folder, first[1]) }, env));
    if (first[0] === 'env') return new SecretText(readSecret(path, { variable: first[1] }, env));
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, reveal(one, `${path}.${key}`, folder, env)]));
}
