// The release bundle: made, installed in a clean folder without a network, started, called. Slow: `npm run test:bundle`.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Architecture, architectures, bundle } from '../../tools/bundle.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-bundle-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(command: string, args: string[], options: { cwd?: string } = {}) {
  return spawnSync(command, args, { encoding: 'utf8', ...options });
}

/** A namespace of its own has no way out at all. */
const isolated = run('unshare', ['--net', 'true']).status === 0;
const hasSipp = run('sipp', ['-v']).error === undefined;

const unpacked = new Map<Architecture, string>();
function unpack(arch: Architecture): string {
  const known = unpacked.get(arch);
  if (known !== undefined) return known;
  const archive = bundle({ arch, out: folder });
  const check = run('sha256sum', ['--check', '--strict', `${basename(archive)}.sha256`], { cwd: folder });
  expect(check.stderr).toBe('');
  expect(run('tar', ['-xzf', archive, '-C', folder]).status).toBe(0);
  const made = archive.replace(/\.tar\.gz$/, '');
  unpacked.set(arch, made);
  return made;
}

describe.each(architectures)('the bundle for %s', (arch) => {
  let made: string;
  beforeAll(() => {
    made = unpack(arch);
  });

  it('is whole by its own checksums, and says when a file was changed', () => {
    const check = () => run('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: made });
    expect(check()).toMatchObject({ status: 0, stdout: '' });
    const file = join(made, 'app', 'README.md');
    const before = readFileSync(file);
    appendFileSync(file, ' ');
    expect(check().stdout).toMatch(/README\.md: FAILED/);
    writeFileSync(file, before);
  });

  it('has native parts for that machine only', () => {
    const kind = arch === 'x64' ? 'x86-64' : 'ARM aarch64';
    const natives = run('find', [made, '-name', '*.node', '-o', '-path', '*/node/bin/node', '-type', 'f'])
      .stdout.trim()
      .split('\n');
    expect(natives.map((path) => basename(path)).sort()).toEqual([
      `argon2.linux-${arch}-gnu.node`,
      `linux-${arch}.node`,
      'node',
    ]);
    for (const native of natives) expect(elfMachine(native)).toBe(kind);
  });

  it('lists what is inside as CycloneDX, and nothing that only builds or tests', () => {
    const sbom = JSON.parse(readFileSync(join(made, 'sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      components: { name: string; group?: string; version: string; licenses?: unknown[] }[];
    };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const names = sbom.components.map(({ group, name }) => (group ? `${group}/${name}` : name));
    expect(names).toEqual(expect.arrayContaining(['better-sqlite3', 'express', 'zod', `node-linux-${arch}`]));
    for (const other of ['vitest', 'typescript', 'vite', 'playwright-core', 'react'])
      expect(names).not.toContain(other);
    expect(existsSync(join(made, 'app', 'node_modules', 'vitest'))).toBe(false);
  });
});

function elfMachine(file: string): string {
  const machine = readFileSync(file).readUInt16LE(18);
  return { 62: 'x86-64', 183: 'ARM aarch64' }[machine] ?? `machine ${machine}`;
}

describe('installing', () => {
  const here = architectures.find((arch) => arch === process.arch);

  it.skipIf(!isolated || !hasSipp || here === undefined)(
    'works without any network: starts, is ready, takes a call',
    () => {
      const clean = join(folder, 'clean');
      mkdirSync(clean);
      const made = unpack(here!);
      const node = join(made, 'node', 'bin', 'node');
      const done = run('unshare', ['--net', node, join(import.meta.dirname, 'inside.ts'), made, clean]);
      expect(done.stderr).toBe('');
      expect(JSON.parse(done.stdout)).toEqual({
        interfaces: ['lo'],
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        ready: { ready: true, reasons: [] },
        panel: true,
        sipp: 0,
        sippSaid: '',
        events: expect.any(Number),
        stopped: 0,
        firstLogins: 4,
      });
    },
  );

  it.skipIf(here === undefined)('keeps versions side by side, so that going back is one link', () => {
    const prefix = join(folder, 'two');
    const made = unpack(here!);
    expect(run(join(made, 'install.sh'), ['--prefix', prefix, '--no-system']).status).toBe(0);
    const current = join(prefix, 'current');
    expect(readlinkSync(current)).toBe(`releases/${basename(made)}`);
    expect(run(join(current, 'bin', 'switchroom'), ['--version']).stdout.trim()).toMatch(/^\d/);
    // Once more over itself, as an upgrade does.
    expect(run(join(made, 'install.sh'), ['--prefix', prefix, '--no-system']).status).toBe(0);
    expect(readlinkSync(current)).toBe(`releases/${basename(made)}`);
  });

  it('refuses the bundle of another machine, a changed file, and what is no option', () => {
    const other = unpack(architectures.find((arch) => arch !== process.arch)!);
    const wrong = run(join(other, 'install.sh'), ['--prefix', join(folder, 'wrong'), '--no-system']);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toMatch(/is not for this machine/);
    expect(run(join(other, 'install.sh'), ['--force']).status).toBe(2);
    if (here === undefined) return;
    const made = unpack(here);
    const file = join(made, 'app', 'cli', 'main.ts');
    const before = readFileSync(file);
    appendFileSync(file, '// changed\n');
    const spoiled = run(join(made, 'install.sh'), ['--prefix', join(folder, 'wrong'), '--no-system']);
    writeFileSync(file, before);
    expect(spoiled.status).not.toBe(0);
    expect(existsSync(join(folder, 'wrong', 'current'))).toBe(false);
  });
});
