// What the programs need is in the bundle and in what images are made from, too: a new folder is easily forgotten there.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parts } from '../../../tools/bundle.ts';

const root = join(import.meta.dirname, '../../..');

/** Top folders that the command line's and the programs' files import, directly or not. */
function imported(): Set<string> {
  const seen = new Set<string>();
  const folders = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const [top = ''] = file.split('/');
    folders.add(top);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/(?:from|import\(|new URL\()\s*'(\.[^']+\.ts)'/g)) {
      visit(join(file, '..', path));
    }
  };
  for (const entry of ['cli/main.ts', 'edge/main.ts', 'server/main.ts', 'sidecar/main.ts']) visit(entry);
  return folders;
}

test('the bundle holds every folder that is imported', () => {
  expect([...imported()].filter((folder) => !parts.includes(folder))).toEqual([]);
});

test('an image is made from every folder of the bundle, and from what builds it', () => {
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  expect([...parts, 'tools', 'web'].filter((folder) => !allowed.includes(`!${folder}`))).toEqual([]);
});

test('install.sh puts every unit there', () => {
  const script = readFileSync(join(root, 'deploy/bundle/install.sh'), 'utf8');
  const [, named = ''] = /for unit in ([^;]+);/.exec(script) ?? [];
  expect(named.split(' ').sort()).toEqual(readdirSync(join(root, 'deploy/systemd')).sort());
});

test('setup.sh makes all that compose.yaml reads, and leaves what is there', () => {
  const compose = readFileSync(join(root, 'deploy/compose/compose.yaml'), 'utf8');
  const script = readFileSync(join(root, 'deploy/compose/setup.sh'), 'utf8');
  execFileSync('sh', ['-n', join(root, 'deploy/compose/setup.sh')]);
  const files = [...compose.matchAll(/^ +file: \.\/(.+)$/gm)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const name = file.replace(/^secrets\//, '');
    expect(script).toMatch(new RegExp(`(new ${name}|>${name}|for name in [^;]*\\b${name}\\b)`));
  }
  for (const [, variable] of compose.matchAll(/\$\{(\w+):\?/g)) expect(script).toContain(`${variable}=`);
});
