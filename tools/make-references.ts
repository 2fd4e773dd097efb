// Writes docs/errors.md and docs/events.md from the registries. `--check` only says whether they are up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type EventType, eventTypes } from '../server/journal/index.ts';
import { errorRegistry } from '../values/index.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const programs = ['values', 'server', 'edge', 'media', 'link', 'supervisor', 'cli', 'sidecar', 'cloud'];

/** Loads every file that declares errors or events, so that the registries are whole. */
export async function loadDeclarations(): Promise<void> {
  for (const program of programs) {
    for (const file of sources(join(root, program))) {
      const text = readFileSync(file, 'utf8');
      if (/\b(defineErrors|defineEvent)\(/.test(text)) await import(pathToFileURL(file).href);
    }
  }
}

function sources(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .map((file) => join(folder, file));
  } catch (error) {
    // A program that is not built yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function errorsPage(): string {
  const rows = [...errorRegistry]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { status, text }]) => `| \`${code}\` | ${status} | ${cell(text)} |`);
  return `# Errors

Every error that leaves the product has a code from this list. By the API it comes as
\`{ "code", "message", "field", "details" }\`; \`field\` is there where one field is wrong, and what stands in braces below is
filled in and also in \`details\`. Generated from the code by \`tools/make-references.ts\`; don't edit.

| code | HTTP | sentence |
|---|---|---|
${rows.join('\n')}
`;
}

export function eventsPage(): string {
  const kinds = [...eventTypes.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.version - b.version,
  );
  const groups = Map.groupBy(kinds, ({ name }) => name.split('.')[0]!);
  const parts = [...groups].map(([group, own]) => `## ${group}\n\n${own.map(one).join('\n')}`);
  return `# Events

Everything that happens is one of these events, appended once to the journal. Readers get them by the event stream
(\`GET /api/v1/events\`) as \`{ "seq", "type", "version", "at", "site", "interaction", "agent", "queue", "customer", "team", "data" }\`:
\`seq\` has no gaps, \`at\` is milliseconds since 1970 UTC, and what an event is about (interaction, agent, queue, customer,
team) is there where it concerns it. Below are the fields of \`data\`; those marked *personal* are missing once the person was
erased. Generated from the code by \`tools/make-references.ts\`; don't edit.

${parts.join('\n')}`;
}

function one({ name, version, about, schema, personal }: EventType): string {
  const shape = z.toJSONSchema(schema, { unrepresentable: 'any' }) as {
    properties?: Record<string, Record<string, unknown>>;
    required?: string[];
  };
  const fields = Object.entries(shape.properties ?? {}).map(([field, type]) => {
    const marks = [
      ...((shape.required ?? []).includes(field) ? [] : ['optional']),
      ...(personal.includes(field) ? ['*personal*'] : []),
    ];
    return `| \`${field}\` | ${cell(typeOf(type))} | ${marks.join(', ')} |`;
  });
  const table = fields.length === 0 ? 'No fields.\n' : `| field | type | |\n|---|---|---|\n${fields.join('\n')}\n`;
  return `### \`${name}\`${version === 1 ? '' : ` (version ${version})`}\n\n${about}\n\n${table}`;
}

function typeOf(type: Record<string, unknown>): string {
  if (Array.isArray(type.enum)) return type.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (type.const !== undefined) return JSON.stringify(type.const);
  if (Array.isArray(type.anyOf))
    return [...new Set(type.anyOf.map((each) => typeOf(each as Record<string, unknown>)))].join(' or ');
  if (type.type === 'array') return `list of ${typeOf((type.items ?? {}) as Record<string, unknown>)}`;
  return typeof type.type === 'string' ? type.type : 'anything';
}

const pages = [
  { file: join(root, 'docs', 'errors.md'), text: errorsPage },
  { file: join(root, 'docs', 'events.md'), text: eventsPage },
];

/** Names of the pages that differ from what the registries say. */
export async function stalePages(): Promise<string[]> {
  await loadDeclarations();
  return pages
    .filter(({ file, text }) => readFileSync(file, 'utf8') !== text())
    .map(({ file }) => relative(root, file));
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = await stalePages();
    for (const page of stale) console.error(`${page} is out of date; run tools/make-references.ts.`);
    process.exit(stale.length === 0 ? 0 : 1);
  }
  await loadDeclarations();
  for (const { file, text } of pages) writeFileSync(file, text());
}
