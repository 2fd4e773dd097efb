// Secrets that settings name and never hold: a file, or an environment variable.
import { readFileSync } from 'node:fs';
import { failed } from './errors.ts';

/**
 * Reads one secret. A line end after it does not count.
 * @param setting its name, for the error
 * @throws settings-invalid where there is none, naming what was looked at
 */
export function readSecret(
  setting: string,
  where: { file?: string | undefined; variable?: string | undefined },
  env: NodeJS.ProcessEnv = process.env,
): string {
  const { file, variable } = where;
  if (file !== undefined) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw failed['settings-invalid']({ setting, reason: (error as Error).message }, { cause: error });
    }
    if (text === '') throw failed['settings-invalid']({ setting, reason: `the file ${file} is empty` });
    return text;
  }
  const text = variable === undefined ? '' : (env[variable] ?? '');
  if (text !== '') return text;
  const mend = variable === undefined ? 'name a file' : `name a file, or set ${variable}`;
  throw failed['settings-invalid']({ setting, reason: `there is no secret: ${mend}` });
}
