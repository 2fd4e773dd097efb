import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** switchroom.json, where there is one. */
export function configurationFile(): string | undefined {
  const file = resolve(process.env.SWITCHROOM_CONFIG ?? 'switchroom.json');
  return existsSync(file) ? file : undefined;
}
