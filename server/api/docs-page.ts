// The API's page at /api/docs: made here from the OpenAPI document, without scripts and without anybody else's host.

type Json = Record<string, unknown>;
interface Operation {
  summary: string;
  description: string;
  tags: string[];
  parameters: { name: string; in: string; required: boolean; description?: string; schema: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema: Json }> }>;
}

export const docsStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
nav a { margin-right: 1rem; } code, pre { font: 13px/1.45 ui-monospace, monospace; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } .method { display: inline-block; min-width: 4.2rem; font-weight: 700; }
.get { color: #0a7d33; } .post { color: #1a5fb4; } .put, .patch { color: #a35a00; } .delete { color: #c01c28; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top; }
pre { overflow: auto; max-height: 24rem; background: color-mix(in srgb, currentColor 6%, transparent); padding: .6rem; border-radius: 4px; }
`;

/** HTML of the page. */
export function docsPage(document: Json): string {
  const info = document.info as { title: string; version: string; description: string };
  const paths = document.paths as Record<string, Record<string, Operation>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = (document.tags as { name: string }[]).map(({ name }) => name);
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag));
    return `<h2 id="${anchor(tag)}">${escapeHtml(tag)}</h2>${own.map(one).join('')}`;
  });
  const { schemas } = document.components as { schemas: Record<string, Json> };
  const shapes = Object.entries(schemas).map(
    ([name, schema]) =>
      `<details id="schema-${anchor(name)}"><summary>${escapeHtml(name)}</summary>${code(schema)}</details>`,
  );
  const links = [...tags, 'Schemas'].map((tag) => `<a href="#${anchor(tag)}">${escapeHtml(tag)}</a>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title><link rel="stylesheet" href="/api/docs.css"></head><body>
<h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
${info.description
  .split('\n\n')
  .map((part) => `<p>${escapeHtml(part)}</p>`)
  .join('')}
<p>Base path <code>/api/v1</code> · machine-readable: <a href="/api/v1/openapi.json">openapi.json</a></p>
<nav>${links.join(' ')}</nav>
${sections.join('')}<h2 id="schemas">Schemas</h2>${shapes.join('')}
</body></html>`;
}

function one({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const rows = operation.parameters.map(
    ({ name, in: place, required, description = '', schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? ', required' : ''}</td><td>${escapeHtml(description)}</td><td><code>${escapeHtml(typeOf(schema))}</code></td></tr>`,
  );
  const body = Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => `<p>Body</p>${code(schema)}`);
  const answers = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([status, { content = {} }]) => {
      const [[media, { schema }] = ['', { schema: {} }]] = Object.entries(content);
      return `<p>Answer ${status} ${escapeHtml(media)}</p>${media === 'application/json' ? code(schema) : ''}`;
    });
  return `<details><summary><span class="method ${method}">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code> — ${escapeHtml(operation.summary)}</summary>
<p>${escapeHtml(operation.description)}</p>${rows.length > 0 ? `<table>${rows.join('')}</table>` : ''}${body.join('')}${answers.join('')}</details>`;
}

function typeOf(schema: Json): string {
  if (Array.isArray(schema.enum)) return schema.enum.join(' | ');
  return String(schema.type ?? '');
}

function code(schema: Json): string {
  const text = escapeHtml(JSON.stringify(schema, null, 2));
  return `<pre>${text.replace(
    /#\/components\/schemas\/(\w+)/g,
    (whole, name: string) => `<a href="#schema-${anchor(name)}">${whole}</a>`,
  )}</pre>`;
}

function anchor(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
