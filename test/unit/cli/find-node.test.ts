// Which Node runs the product where npm was started by an old one: in a folder of its own, with or without a packaged Node.
// The old Node is this one under another version, as no machine of a test has to have one.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const bin = join(import.meta.dirname, '..', '..', '..', 'bin');
let app: string;

beforeEach(() => {
  app = realpathSync(mkdtempSync(join(tmpdir(), 'switchroom-node-')));
  cpSync(join(bin, 'find-node.js'), join(app, 'bin', 'find-node.js'));
  cpSync(join(bin, 'with-node.js'), join(app, 'bin', 'with-node.js'));
  writeFileSync(join(app, 'package.json'), '{"type":"module"}');
  writeFileSync(join(app, 'found.js'), "import { findNode } from './bin/find-node.js';\nconsole.log(findNode());\n");
  writeFileSync(
    join(app, 'recent.js'),
    "import { recentEnough } from './bin/find-node.js';\nconsole.log(recentEnough(process.version));\n",
  );
  writeFileSync(
    join(app, 'asked.js'),
    'console.log(JSON.stringify([process.env.PACKAGED, ...process.argv.slice(2)]));\nprocess.exit(3);\n',
  );
});
afterEach(() => rmSync(app, { recursive: true }));

/** Brings the optional package along. @returns the path of its program */
function packaged(version: string, { works = true } = {}): string {
  const home = join(app, 'node_modules', `node-${process.platform}-${process.arch}`);
  const program = join(home, 'bin', 'node');
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'package.json'), '{}');
  const says = works ? `echo ${version}` : 'exit 1';
  writeFileSync(
    program,
    `#!/bin/sh\nif [ "$1" = --version ]; then ${says}; exit; fi\nPACKAGED=yes exec "${process.execPath}" "$@"\n`,
  );
  chmodSync(program, 0o755);
  return program;
}

/** Runs a file of the folder by a Node that says it is of that version. */
function by(version: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const old = join(app, 'version.js');
  writeFileSync(old, `Object.defineProperty(process, 'version', { value: '${version}' });\n`);
  const ran = spawnSync(process.execPath, ['--import', pathToFileURL(old).href, ...args], {
    cwd: app,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return { status: ran.status, out: ran.stdout.trim(), err: ran.stderr.trim() };
}

it.each([
  ['v20.19.2', false],
  ['v22.17.9', false],
  ['v22.18.0', true],
  ['22.18.0', true],
  ['v22.20.1', true],
  ['v23.5.0', false],
  ['v23.6.0', true],
  ['v24.0.0', true],
])('%s runs TypeScript as it is: %s', (version, does) => {
  expect(by(version, 'recent.js').out).toBe(String(does));
});

describe('the Node that is found', () => {
  it('is the one that runs, where that is recent enough, whatever else is there', () => {
    packaged('v24.1.0');
    expect(by('v22.18.0', 'found.js')).toEqual({ status: 0, out: process.execPath, err: '' });
  });

  it('is the packaged one, where Node 20 runs', () => {
    const program = packaged('v24.1.0');
    expect(by('v20.19.2', 'found.js')).toEqual({ status: 0, out: program, err: '' });
  });

  it.each([
    ['there is none', () => {}],
    ['it is too old as well', () => packaged('v22.17.9')],
    ['it does not run here', () => packaged('v24.1.0', { works: false })],
  ])(
    'is none where Node 20 runs and, of the packaged one, %s: one sentence on what to do, and exit code 1',
    (_, prepare) => {
      prepare();
      for (const args of [['found.js'], ['bin/with-node.js', 'asked.js']]) {
        const { status, out, err } = by('v20.19.2', ...args);
        expect([status, out]).toEqual([1, '']);
        expect(err).toBe(
          'switchroom: needs Node 22.18 or newer, and this is v20.19.2. Run "npm ci" without --omit=optional to get one beside it, or install a newer Node.',
        );
      }
    },
  );
});

describe('with-node', () => {
  it('runs the file with its arguments by the packaged Node, and ends as it did', () => {
    packaged('v24.1.0');
    expect(by('v20.19.2', 'bin/with-node.js', 'asked.js', 'a b', '--c')).toEqual({
      status: 3,
      out: '["yes","a b","--c"]',
      err: '',
    });
  });

  it('runs it by the same Node where that is recent enough', () => {
    packaged('v24.1.0');
    expect(by('v24.0.0', 'bin/with-node.js', 'asked.js').out).toBe('[null]');
  });
});
