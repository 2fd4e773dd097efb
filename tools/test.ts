// npm test: brings what the tests need (Debian's SIPp, Chromium …) where it may, builds the panels, runs all but test/slow, and
// says in its last lines what was left out. `npm test -- test/unit/acd` runs a part. What stands in test/slow only test:engines runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasAsterisk, installAsterisk } from '../test/engines/asterisk-unpacked.ts';
import { builtWorker } from '../test/engines/mediasoup/worker.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Program → Debian package, and which tests need it. Beside `notBeside` it is not installed: it would push that out. */
const wanted: { program: string; package: string; for: string; notBeside?: string }[] = [
  { program: 'sipp', package: 'sip-tester', for: 'SIP scenarios (test/sip)' },
  { program: 'baresip', package: 'baresip-core', for: 'a call from a softphone (test/sip)' },
  { program: 'slapd', package: 'slapd', for: 'login by a directory (test/unit/sign-in)' },
  { program: 'dovecot', package: 'dovecot-imapd', for: 'mail over real IMAP (test/unit/sidecar/mail)' },
  {
    program: 'exim4',
    package: 'exim4-daemon-light',
    for: 'mail over real SMTP (test/unit/sidecar/mail)',
    notBeside: 'sendmail',
  },
  { program: 'turnserver', package: 'coturn', for: 'a panel behind NAT (test/product/turn)' },
  { program: 'pg_ctlcluster', package: 'postgresql', for: 'the cloud (test/product/cloud)' },
  { program: 'chromium', package: 'chromium', for: 'the page test (test/e2e)' },
];

function has(program: string): boolean {
  return `${process.env.PATH ?? ''}:/usr/sbin`.split(':').some((folder) => existsSync(join(folder, program)));
}

function run(command: string, args: string[], env = process.env): number {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
}

const part = process.argv.slice(2);
const mayInstall = process.env.SWITCHROOM_TEST_INSTALL !== '0' && process.getuid?.() === 0 && has('apt-get');
const missing = wanted.filter(({ program }) => !has(program));
if (missing.length > 0) {
  console.log(`Tests need, and this machine lacks: ${missing.map((one) => `${one.package} (${one.for})`).join(', ')}.`);
  if (mayInstall) {
    console.log('Installing them with apt-get; SWITCHROOM_TEST_INSTALL=0 leaves them out.');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const packages = missing
      .filter((one) => one.notBeside === undefined || !has(one.notBeside))
      .map((one) => one.package);
    if (run('apt-get', ['update', '-qq'], env) === 0) {
      run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], env);
    }
  }
}
const leftOut: { program: string; for: string }[] = wanted.filter(({ program }) => !has(program));

// mediasoup's worker is in no package of Debian's: compiled once per version, in about three minutes.
const worker = () => process.env.MEDIASOUP_WORKER_BIN ?? builtWorker();
if (worker() === undefined && (part.length === 0 || part.some((one) => /contract|product|mediasoup/.test(one)))) {
  if (mayInstall) {
    console.log('Building the worker of mediasoup, about three minutes; SWITCHROOM_TEST_INSTALL=0 leaves it out.');
    run('nice', ['test/engines/mediasoup/build.sh']);
  }
  if (worker() === undefined) {
    leftOut.push({
      program: 'mediasoup’s worker',
      for: 'WebRTC gateway and phones in panels (test/contract, test/product)',
    });
  }
}

/** Asterisk goes into a folder of its own, without root: everybody may. */
const wantsAsterisk = part.length === 0 || part.some((one) => one.includes('asterisk'));
const asterisk = wantsAsterisk && process.env.SWITCHROOM_TEST_INSTALL !== '0' ? installAsterisk() : hasAsterisk();

if (run(process.execPath, ['tools/prepare.ts']) !== 0) process.exit(1);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { name: string; status: string; assertionResults: { status: string; fullName: string }[] }[];
}

type File = Report['testResults'][number];
const failedTests = (file: File) => file.assertionResults.filter((test) => test.status === 'failed');
const failed = (file: File) => file.status === 'failed' || failedTests(file).length > 0;
/** A file that broke before its tests counts as one. */
const countFailed = (files: File[]) =>
  files.filter(failed).reduce((sum, file) => sum + Math.max(1, failedTests(file).length), 0);

/** Runs these tests; undefined where the runner ended without saying what happened. `clean`: nothing failed beside them. */
function testsOf(which: string[]): (Report & { clean: boolean }) | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-test-'));
  const file = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const status = run(process.execPath, [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...(which.length === 0 ? ['--project=parts', '--project=whole'] : which),
  ]);
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
  rmSync(folder, { recursive: true });
  return report && { ...report, clean: status === 0 || report.testResults.some(failed) };
}

const result = testsOf(part);
if (result === undefined) {
  console.error('The test runner ended without a report.');
  process.exit(1);
}

// Many tests use the machine's ports, browsers and processes. What fails is run once more, alone, and what then passes is named
// below: still a defect, of the test or of the product, but one of chance. More than a few are not, and a property that does
// not hold for one seed does not hold.
const mostAgain = 3;
const broken = result.testResults.filter(failed);
const again =
  broken.length <= mostAgain ? broken.filter((file) => !readFileSync(file.name, 'utf8').includes('fast-check')) : [];
const second = again.length === 0 ? undefined : testsOf(again.map((file) => file.name));
const passedThen = again.filter((file) =>
  second?.testResults.some((one) => one.name === file.name && !failed(one) && one.assertionResults.length > 0),
);
const failures = countFailed(broken.filter((file) => !passedThen.includes(file)));
const recovered = countFailed(passedThen);

const skipped = result.testResults.flatMap((file) =>
  file.assertionResults
    .filter((test) => test.status === 'skipped' || test.status === 'pending')
    .map((test) => test.fullName),
);
const leftOutNames = [
  ...leftOut.map((one) => `${one.program}: ${one.for}`),
  ...(wantsAsterisk && !asterisk
    ? ['Asterisk 22: media contract and demo on Asterisk (test/contract, test/product)']
    : []),
];
if (part.length === 0) console.log('\nLeft to npm run test:engines: test/slow.');
if (leftOutNames.length > 0) console.log(`\nLeft out, ${leftOutNames.length}: ${leftOutNames.join('; ')}.`);
if (skipped.length > 0)
  console.log(`Skipped tests, ${skipped.length}:\n${skipped.map((name) => `  ${name}`).join('\n')}`);
if (recovered > 0) {
  const names = passedThen.flatMap((file) => [file.name, ...failedTests(file).map((test) => `  ${test.fullName}`)]);
  console.log(
    `\nFailed, and passed when run again alone, ${recovered}:\n${names.map((name) => `  ${name}`).join('\n')}`,
  );
}
if (result.numPassedTests + recovered === 0) {
  console.error('No test ran.');
  process.exit(1);
}
console.log(
  `\n${result.numPassedTests + recovered} passed, ${failures} failed, ${skipped.length} skipped` +
    (recovered > 0 ? `; ${recovered} of the passed at the second attempt` : ''),
);
// An error that no test caught fails the run as well.
process.exit(failures === 0 && result.clean && second?.clean !== false ? 0 : 1);
