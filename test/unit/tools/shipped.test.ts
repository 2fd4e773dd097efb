// What the programs need is in the bundle and in what images are made from, too: a new folder is easily forgotten there.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSettings } from '../../../config/index.ts';
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

test.each(readdirSync(join(root, 'deploy/systemd')))(
  '%s writes where its user may, and knows every setting',
  (unit) => {
    const text = readFileSync(join(root, 'deploy/systemd', unit), 'utf8');
    const [, state = ''] = /^StateDirectory=(.+)$/m.exec(text) ?? [];
    const [, folder = ''] = /^WorkingDirectory=(.+)$/m.exec(text) ?? [];
    expect(text).toContain('ProtectSystem=strict');
    expect(writable(environmentOf(text), folder).filter((one) => !`${one}/`.startsWith(`/var/lib/${state}/`))).toEqual(
      [],
    );
  },
);

test('the image writes into its volume alone', () => {
  const text = readFileSync(join(root, 'deploy/docker/Dockerfile'), 'utf8');
  const folders = writable(environmentOf(text), '/read-only');
  expect(folders.filter((one) => !`${one}/`.startsWith('/var/lib/switchroom/'))).toEqual([]);
});

test('the command of an installed site has the folders and the settings of its services', () => {
  const folder = mkdtempSync(join(tmpdir(), 'command-'));
  try {
    const program = join(folder, 'current/bin/switchroom');
    mkdirSync(join(folder, 'current/bin'), { recursive: true });
    writeFileSync(program, '#!/bin/sh\npwd; env; echo "said: $*"\n');
    chmodSync(program, 0o755);
    const script = readFileSync(join(root, 'deploy/bundle/site-switchroom'), 'utf8')
      // Nobody else to be, and no settings of a site, where tests run.
      .replace(/^if .*runuser.*$/m, '')
      .replaceAll('/etc/switchroom', folder)
      .replaceAll('/opt/switchroom', folder);
    const said = execFileSync('sh', ['-c', script, 'switchroom', 'agent', 'list'], { encoding: 'utf8', env: {} });
    const unit = readFileSync(join(root, 'deploy/systemd/switchroom-server.service'), 'utf8');
    expect(said.split('\n')[0]).toBe(folder);
    expect(environmentOf(said)).toEqual(environmentOf(unit));
    expect(said).toContain('said: agent list');
  } finally {
    rmSync(folder, { recursive: true });
  }
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

test('compose.yaml starts of each profile what belongs to it, and nothing everywhere', () => {
  const compose = readFileSync(join(root, 'deploy/compose/compose.yaml'), 'utf8');
  const [, services = ''] = /^services:\n([\s\S]*?)^configs:/m.exec(compose) ?? [];
  const profiles = new Map(
    services
      .split(/^ {2}(?=[\w-]+:)/m)
      .slice(1)
      .map((service) => [
        service.slice(0, service.indexOf(':')),
        /^ {4}profiles: \[(.+)\]$/m.exec(service)?.[1]?.split(', ') ?? [],
      ]),
  );
  expect([...profiles].filter(([, of]) => of.length === 0)).toEqual([]);
  const started = (profile: string) => [...profiles].flatMap(([name, of]) => (of.includes(profile) ? name : []));
  expect(started('cloud')).toEqual(['cloud', 'postgres']);
  expect(started('edge')).toEqual(['edge', 'server', 'sidecar', 'asterisk-configuration', 'asterisk']);
});

test.each(['192.0.2.10', '2001:db8::10'])('setup.sh writes settings that can be read, for %s', (address) => {
  const folder = mkdtempSync(join(tmpdir(), 'compose-'));
  try {
    copyFileSync(join(root, 'deploy/compose/setup.sh'), join(folder, 'setup.sh'));
    execFileSync('sh', [join(folder, 'setup.sh'), address]);
    const settings = JSON.parse(readFileSync(join(folder, 'switchroom.json'), 'utf8'));
    const host = address.includes(':') ? `[${address}]` : address;
    expect(settings.bind).toContain(address);
    expect(settings.webrtc.iceServers[0].urls[0]).toBe(`turn:${host}:3478?transport=udp`);
    expect(readFileSync(join(folder, 'secrets/drachtio.conf.xml'), 'utf8')).toContain(`sip:${host}:5060;`);
    expect(statSync(join(folder, 'secrets')).mode & 0o077).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('install.sh puts files there that its service user can read, however strict root is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'install-'));
  try {
    const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
    const bundle = join(folder, `switchroom-0-linux-${machine}`);
    mkdirSync(join(bundle, 'bin'), { recursive: true });
    copyFileSync(join(root, 'deploy/bundle/install.sh'), join(bundle, 'install.sh'));
    const program = join(bundle, 'bin/switchroom');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    execFileSync('sh', ['-c', 'sha256sum bin/switchroom >SHA256SUMS'], { cwd: bundle });
    const prefix = join(folder, 'opt');
    execFileSync('sh', ['-c', `umask 077; sh "${bundle}/install.sh" --prefix "${prefix}" --no-system`]);
    for (const path of [prefix, join(prefix, 'releases'), join(prefix, 'current/bin/switchroom')]) {
      expect(statSync(path).mode & 0o005, path).toBe(0o005);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Settings in the environment of a unit, an image or a shell. */
function environmentOf(text: string): Record<string, string> {
  const named = text.matchAll(/(?<![\w])(SWITCHROOM_[A-Z_]+)=(\S+)/g);
  return Object.fromEntries([...named].map(([, name = '', value = '']) => [name, value]));
}

/** Folders that programs write into, as they read the settings in a folder without any. */
function writable(env: Record<string, string>, cwd: string): string[] {
  const { data, flows, moments } = readSettings(env, cwd);
  return [data, flows, moments.folder];
}
