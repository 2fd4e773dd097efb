// What the documents say can be followed: links lead somewhere, commands and options exist, settings are read, examples pass
// the checker that users have.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { program } from '../../../cli/program.ts';
import { readSettings } from '../../../config/index.ts';
import { flowCheck } from '../../../server/flows/index.ts';
import { momentCheck } from '../../../server/moments/index.ts';
import { checkPolicy as checkRetention } from '../../../server/retention/index.ts';
import { checkPolicy as checkEgress } from '../../../server/uplink/index.ts';
import { loadDeclarations } from '../../../tools/make-references.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const documents = [
  'README.md',
  'CHANGELOG.md',
  'media/freeswitch/etc/README.md',
  'ivr-flows/prompts/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const textOf = (document: string) => readFileSync(join(root, document), 'utf8');

/** Without blocks of code, and what stands in `…`. */
const prose = (text: string) => text.replace(/^ *```[\s\S]*?^ *```/gm, '').replace(/`[^`]*`/g, '');

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replace(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/^#+ (.+)$/gm);
  const slugs = [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(slugs);
}

test('every link to a file or a heading leads there', () => {
  const dead: string[] = [];
  for (const document of documents) {
    for (const [, link = ''] of prose(textOf(document)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const to = path === '' ? join(root, document) : resolve(root, dirname(document), path);
      const there = existsSync(to) && (anchor === undefined || anchorsOf(readFileSync(to, 'utf8')).has(anchor));
      if (!there) dead.push(`${document}: ${link}`);
    }
  }
  expect(dead).toEqual([]);
});

test('every document is found from the first one', () => {
  const found = new Set(['README.md']);
  for (const document of found) {
    if (!document.endsWith('.md')) continue;
    for (const [, link = ''] of textOf(document).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
      const to = relative(root, resolve(root, dirname(document), link));
      if (existsSync(join(root, to)) && statSync(join(root, to)).isFile()) found.add(to);
    }
  }
  const pages = documents.filter((document) => document.startsWith('docs/'));
  expect(pages.filter((document) => !found.has(document))).toEqual([]);
});

/** `agent add 1003 --name …`, from blocks of shell commands, indented ones, and `…`. */
function commandsIn(text: string): string[] {
  const joined = text.replace(/\\\n\s*/g, ' ').replace(/`([^`]*)\n([^`]*)`/g, '`$1 $2`');
  const places = joined.matchAll(/(?:^|[`\s])(?:npx |sudo |exec (?:server|cloud) )?switchroom ([a-z][^`\n#]*)/gm);
  return [...places].map(([, command = '']) => command.trim());
}

const named = (command: Command, word: string) =>
  command.commands.find((one) => one.name() === word || one.aliases().includes(word));

/** What is wrong with a command of the documents, if anything. */
function wrongWith(line: string): string | undefined {
  const words = line.split(/\s+/);
  let command = program();
  const path: Command[] = [command];
  while (words[0] !== undefined) {
    // `backup|restore|move`, `check|test|list`: each of them.
    const [first = '', ...others] = words[0].split('|');
    const next = named(command, first.replace(/[,.:;)]+$/, ''));
    if (!next) break;
    const missing = others.find((other) => !named(command, other));
    if (missing !== undefined) return `there is no ${missing}`;
    command = next;
    path.push(command);
    words.shift();
  }
  const needsMore = command.commands.length > 0 && command.registeredArguments.length === 0;
  if (path.length === 1 || (needsMore && /^[a-z]+$/.test(words[0] ?? ''))) return `there is no ${words[0]}`;
  const known = new Set(path.flatMap((one) => one.options.flatMap(({ long, short }) => [long, short])));
  return words
    .map((word) => /^\(?(--[a-z-]+)/.exec(word)?.[1])
    .filter((option) => option !== undefined)
    .map((option) => (known.has(option) ? undefined : `${path.map((one) => one.name()).join(' ')} has no ${option}`))
    .find((wrong) => wrong !== undefined);
}

test('every command and option that a document names is one of the command line', () => {
  const wrong: string[] = [];
  let count = 0;
  for (const document of documents.filter((name) => name !== 'CHANGELOG.md')) {
    const text = textOf(document);
    const quoted = [...text.matchAll(/`[^`]*`|^ *```sh[\s\S]*?^ *```|^ {4}npx .*$/gm)].map(([part]) => part).join('\n');
    for (const line of commandsIn(quoted)) {
      count++;
      const why = wrongWith(line);
      if (why !== undefined) wrong.push(`${document}: switchroom ${line}: ${why}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(70);
});

test('every command of the command line is in a document', () => {
  const all = documents.map(textOf).join('\n');
  const missing = program()
    .commands.map((command) => command.name())
    .filter(
      (name) => !new RegExp(`switchroom ${name}\\b|\`(${name}|[a-z|]*\\|${name}\\b[a-z|]*|${name} [^\`]*)\``).test(all),
    );
  expect(missing).toEqual([]);
});

test('the variables that documents and deployments name are settings, and every setting’s variable is in a document', () => {
  const readNames = () => readSettings({ SWITCHROOM_NO_SUCH: '1' }, '/nowhere');
  expect(readNames).toThrow('known are');
  const known = /known are (.*)\.$/.exec(messageOf(readNames))?.[1]?.split(', ') ?? [];
  const text = documents.map(textOf).join('\n');
  const inText = [...new Set(text.match(/SWITCHROOM_[A-Z_]*[A-Z]/g))];
  // Those of compose.yaml alone, of secrets, and of tests.
  const others = [
    'VERSION',
    'ADDRESS',
    'CONFIG',
    'DRACHTIO_SECRET',
    'ASTERISK_SECRET',
    'FREESWITCH_SECRET',
    'SCREENSHOTS',
    'DRACHTIO_SERVER',
  ];
  const strange = inText.filter((name) => !known.includes(name) && !others.includes(name.replace('SWITCHROOM_', '')));
  expect(strange).toEqual([]);
  expect(known.length).toBeGreaterThan(30);
  expect(known.filter((name) => !inText.includes(name))).toEqual([]);
});

function messageOf(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Blocks of JSON; parts of a larger object (`"asterisk": {…}`) in braces. */
function examples(): { where: string; text: string; value: Record<string, unknown> }[] {
  return documents.flatMap((document) =>
    [...textOf(document).matchAll(/^ *```json\n([\s\S]*?)^ *```/gm)].map((block, i) => {
      const [, body = ''] = block;
      const text = body.trimStart().startsWith('{') ? body : `{${body}}`;
      return { where: `${document}, example ${i + 1}`, text, value: JSON.parse(text) };
    }),
  );
}

/** Top-level keys of switchroom.json that examples show. */
const settings = new Set([
  'site',
  'uplink',
  'web',
  'asterisk',
  'tls',
  'login',
  'audit',
  'webrtc',
  'sipTlsPort',
  'cloud',
]);

test('examples of switchroom.json are read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-documents-'));
  try {
    const shown = examples().filter(({ value }) => Object.keys(value).some((key) => settings.has(key)));
    expect(shown.length).toBeGreaterThan(8);
    for (const { where, text } of shown) {
      writeFileSync(join(folder, 'switchroom.json'), text);
      expect
        .soft(
          messageOf(() => readSettings({}, folder)),
          where,
        )
        .toBe('');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('examples of flows, moments and policies pass their checkers', async () => {
  // Policies name kinds of events, which the server knows when all of it is loaded.
  await loadDeclarations();
  const seen: string[] = [];
  for (const { where, text, value } of examples()) {
    const kind = ['nodes', 'moment', 'rules', 'preset', 'tests'].find((key) => key in value);
    if (kind === undefined) continue;
    seen.push(kind);
    if (kind === 'rules') expect.soft(checkRetention(text).findings, where).toEqual([]);
    else if (kind === 'preset') expect.soft(checkEgress(text).findings, where).toEqual([]);
    else expect.soft(await checked(kind, text, value), where).toEqual([]);
  }
  expect(seen.sort()).toEqual(['moment', 'nodes', 'preset', 'rules', 'tests']);
});

/** In a folder of its own, a flow's tests beside the flow that came along. */
async function checked(kind: string, text: string, value: Record<string, unknown>): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-documents-'));
  try {
    const name = String(value.flow ?? value.moment);
    writeFileSync(join(folder, kind === 'tests' ? `${name}.test.json` : `${name}.json`), text);
    const { rows } = kind === 'moment' ? await momentCheck(folder) : await flowCheck(folder);
    return rows.filter(({ severity }) => severity === 'error');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('every package is named among the dependencies, with why it is there', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(textOf('package.json'));
  const page = textOf('docs/dependencies.md');
  // `@codemirror/*` is for all of them.
  const isNamed = (name: string) => [name, name.replace(/\/.*/, '/*')].some((one) => page.includes(`\`${one}\``));
  const all = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(all.filter((name) => !isNamed(name))).toEqual([]);
});
