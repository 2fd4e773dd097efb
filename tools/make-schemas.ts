// Writes the JSON Schemas of flows and of their tests from the zod schemas: `node tools/make-schemas.ts`.
import { writeFile } from 'node:fs/promises';
import { flowJsonSchema, flowTestJsonSchema } from '../server/ivr/index.ts';
import { momentJsonSchema, momentTestJsonSchema } from '../server/moments/index.ts';

/** Files under ivr-flows/ and what stands in them; a test compares them. */
export function schemaFiles(): { name: string; text: string }[] {
  return [
    { name: 'flow.schema.json', text: `${JSON.stringify(flowJsonSchema(), null, 2)}\n` },
    { name: 'flow-test.schema.json', text: `${JSON.stringify(flowTestJsonSchema(), null, 2)}\n` },
  ];
}

/** Likewise under moments/. */
export function momentSchemaFiles(): { name: string; text: string }[] {
  return [
    { name: 'moment.schema.json', text: `${JSON.stringify(momentJsonSchema(), null, 2)}\n` },
    { name: 'moment-test.schema.json', text: `${JSON.stringify(momentTestJsonSchema(), null, 2)}\n` },
  ];
}

if (import.meta.main) {
  for (const { name, text } of momentSchemaFiles())
    await writeFile(new URL(`../moments/${name}`, import.meta.url), text);
  for (const { name, text } of schemaFiles()) await writeFile(new URL(`../ivr-flows/${name}`, import.meta.url), text);
}
