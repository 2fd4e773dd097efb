// Builds the panels and the chat widget. An install without development packages keeps the panels that are there.
// `--where-older`: only where there are none, or a file that they are made of is newer; else compiles the programs ahead, too.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const built = join(root, 'web', 'dist', 'index.html');

const widget = join(root, 'web', 'chat', 'dist', 'widget.js');
const widgetSources = ['web/chat', 'sidecar/channels/webchat/protocol.ts'];

/** What goes into the panels: their own files, and the types and schemas that they share with the server. */
const sources = ['web/src', 'web/public', 'web/index.html', 'server/desk', 'values', 'ivr-flows/flow.schema.json'];

function newest(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = readdirSync(path).filter((name) => name !== 'dist');
  return Math.max(0, ...inside.map((name) => newest(join(path, name))));
}

function isOlder(made: string, from: readonly string[]): boolean {
  if (!existsSync(made)) return true;
  const { mtimeMs } = statSync(made);
  return from.some((source) => newest(join(root, source)) > mtimeMs);
}

if (!existsSync(join(root, 'node_modules', 'vite'))) {
  if (!existsSync(built)) {
    console.warn(
      'The panels are not built: they need the development packages (npm ci), or a web/dist built elsewhere.',
    );
  }
} else {
  const all = !process.argv.includes('--where-older');
  if (all || isOlder(built, sources)) await (await import('./build-web.ts')).buildWeb();
  if (all || isOlder(widget, widgetSources)) await (await import('./build-chat.ts')).buildChat();
}

if (!process.argv.includes('--where-older')) await import('./compile-ahead.ts');
