// npm run bundle: the product for machines without a registry, as one archive: Node, production packages, sources (Node runs
// them as they are), built panels, prompts, units, SBOM and checksums. `--arch arm64` makes one for another machine than
// this; `--out FOLDER` says where (default: dist).
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
export const architectures = ['x64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** What the product runs on. Tests, tools and the panels' sources stay behind. */
export const parts = [
  'bin',
  'cli',
  'config',
  'edge',
  'ivr-flows',
  'moments',
  'link',
  'media',
  'server',
  'sql',
  'supervisor',
  'connector',
  'sidecar',
  'uplink',
  'cloud',
  'values',
  'docs',
];
const files = ['package.json', 'package-lock.json', 'README.md', 'CHANGELOG.md'];

/**
 * Makes a bundle.
 * @returns path of the archive
 */
export function bundle({ arch, out }: { arch: Architecture; out: string }): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const built = [join('dist', 'index.html'), join('chat', 'dist', 'widget.js')];
  if (built.some((file) => !existsSync(join(root, 'web', file)))) {
    throw new Error('The panels are not built: run "npm ci" or "node tools/prepare.ts" first.');
  }
  const staging = mkdtempSync(join(tmpdir(), 'switchroom-bundle-'));
  try {
    const name = `switchroom-${version}-linux-${arch}`;
    const folder = join(staging, name);
    const app = join(folder, 'app');
    mkdirSync(app, { recursive: true });
    for (const part of parts) cpSync(join(root, part), join(app, part), { recursive: true });
    for (const file of files) cpSync(join(root, file), join(app, file));
    for (const built of ['dist', join('chat', 'dist')]) {
      cpSync(join(root, 'web', built), join(app, 'web', built), { recursive: true });
    }
    cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
    cpSync(join(root, 'deploy', 'systemd'), join(folder, 'systemd'), { recursive: true });
    for (const script of ['install.sh', 'switchroom', 'site-switchroom']) {
      const target = script === 'install.sh' ? join(folder, script) : join(folder, 'bin', script);
      cpSync(join(root, 'deploy', 'bundle', script), target);
      chmodSync(target, 0o755);
    }
    installPackages(app, arch);
    takeNode(app, folder, arch);
    writeFileSync(join(folder, 'sbom.cdx.json'), sbom(app));
    slim(app, arch);
    writeFileSync(join(folder, 'SHA256SUMS'), sums(folder));
    mkdirSync(out, { recursive: true });
    const archive = join(out, `${name}.tar.gz`);
    const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u+rw,go+r,go-w'];
    run('tar', [...same, '-C', staging, '-czf', archive, name], staging);
    writeFileSync(`${archive}.sha256`, `${hash('sha256', readFileSync(archive))}  ${basename(archive)}\n`);
    return archive;
  } finally {
    rmSync(staging, { recursive: true });
  }
}

/** Production packages for that architecture, as the lock file says. None of them needs its install script. */
function installPackages(app: string, arch: Architecture): void {
  const which = ['--omit=dev', `--cpu=${arch}`, '--os=linux', '--libc=glibc'];
  run('npm', ['ci', ...which, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], app);
}

/** The Node that npm brought for that architecture becomes the bundle's own. */
function takeNode(app: string, folder: string, arch: Architecture): void {
  const from = join(app, 'node_modules', `node-linux-${arch}`);
  if (!existsSync(from))
    throw new Error(`The package node-linux-${arch} is not installed: its Node is what the bundle runs on.`);
  mkdirSync(join(folder, 'node', 'bin'), { recursive: true });
  renameSync(join(from, 'bin', 'node'), join(folder, 'node', 'bin', 'node'));
  chmodSync(join(folder, 'node', 'bin', 'node'), 0o755);
  renameSync(join(from, 'LICENSE'), join(folder, 'node', 'LICENSE'));
}

/** CycloneDX, of what is really in the folder: npm would miss the development packages otherwise. */
function sbom(app: string): string {
  const file = join(app, 'package.json');
  const {
    devDependencies: _,
    scripts: __,
    ...production
  } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, `${JSON.stringify(production, null, 2)}\n`);
  return run('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'], app);
}

/** Leaves out what is never run: sources of native parts, and their binaries for other machines. */
function slim(app: string, arch: Architecture): void {
  const modules = join(app, 'node_modules');
  for (const other of architectures) rmSync(join(modules, `node-linux-${other}`), { recursive: true, force: true });
  rmSync(join(modules, '.bin'), { recursive: true, force: true });
  rmSync(join(modules, 'better-sqlite3', 'deps'), { recursive: true, force: true });
  rmSync(join(modules, 'better-sqlite3', 'src'), { recursive: true, force: true });
  const prebuilds = join(modules, 'better-sqlite3', 'prebuilds');
  for (const file of readdirSync(prebuilds)) {
    if (file !== `linux-${arch}.node`) rmSync(join(prebuilds, file));
  }
  // The server does without a worker of mediasoup; its C++ sources are for those who build one.
  for (const part of ['worker', 'rust']) rmSync(join(modules, 'mediasoup', part), { recursive: true, force: true });
}

/** As `sha256sum --check` reads it. */
function sums(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => `${hash('sha256', readFileSync(file))}  ./${file.slice(folder.length + 1)}\n`)
    .join('');
}

function run(command: string, args: string[], cwd: string): string {
  const { NODE_ENV: _, ...env } = process.env;
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.status === 0) return done.stdout;
  throw new Error(`${command} ${args[0] ?? ''} failed: ${done.error?.message ?? done.stderr}`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { arch: { type: 'string', default: process.arch }, out: { type: 'string', default: join(root, 'dist') } },
  });
  const arch = architectures.find((one) => one === values.arch);
  if (arch === undefined) {
    console.error(`--arch ${values.arch}: there are bundles for ${architectures.join(' and ')}.`);
    process.exit(1);
  }
  console.log(bundle({ arch, out: resolve(values.out) }));
}
