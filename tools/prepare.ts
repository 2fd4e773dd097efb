// npm's `prepare`: builds the panels. An install without development packages keeps the panels that are there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
if (existsSync(join(root, 'node_modules', 'vite'))) {
  const { buildWeb } = await import('./build-web.ts');
  await buildWeb();
} else if (!existsSync(join(root, 'web', 'dist', 'index.html'))) {
  console.warn('The panels are not built: they need the development packages (npm ci), or a web/dist built elsewhere.');
}
