// Builds the panels. An install without development packages keeps the panels that are there.
// `--where-older`: only where there are none, or a file that they are made of is newer.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const built = join(root, 'web', 'dist', 'index.html');

/** What goes into the panels: their own files, and the types and schemas that they share with the server. */
const sources = ['web/src', 'web/public', 'web/index.html', 'server/desk', 'values', 'ivr-flows/flow.schema.json'];

function newest(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isOlder(): boolean {
  if (!existsSync(built)) return true;
  const { mtimeMs } = statSync(built);
  return sources.some((source) => newest(join(root, source)) > mtimeMs);
}

if (!existsSync(join(root, 'node_modules', 'vite'))) {
  if (!existsSync(built)) {
    console.warn(
      'The panels are not built: they need the development packages (npm ci), or a web/dist built elsewhere.',
    );
  }
} else if (!process.argv.includes('--where-older') || isOlder()) {
  const { buildWeb } = await import('./build-web.ts');
  await buildWeb();
}
