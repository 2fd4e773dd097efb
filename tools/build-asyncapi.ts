// Writes docs/asyncapi.json: the desk's protocol as AsyncAPI 3, from its zod schemas. Format it after that. `--check` says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  closeCodes,
  commands,
  deskEvents,
  deskPath,
  limits,
  liveFigures,
  protocolVersion,
} from '../server/desk/index.ts';

type Schema = Record<string, unknown>;

const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'asyncapi.json');

function schemaOf(type: z.ZodType): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io: 'input' }) as Schema;
  return schema;
}

const object = (properties: Record<string, Schema>, required = Object.keys(properties)): Schema => ({
  type: 'object',
  properties,
  required,
});
const integer = { type: 'integer', minimum: 0 };
const ref = (name: string) => ({ $ref: `#/components/messages/${name}` });

/** The whole document. */
export function asyncApi(): Schema {
  const messages: Record<string, Schema> = {};
  const fromPanel: string[] = ['panel-beat'];
  const fromServer: string[] = ['server-beat', 'failed'];
  for (const [name, command] of Object.entries(commands)) {
    messages[name] = {
      name,
      summary: command.about,
      payload: object({ id: integer, do: { const: name }, with: schemaOf(command.with) }),
    };
    messages[`${name}.ok`] = {
      name: `${name}.ok`,
      summary: `The answer to ${name}.`,
      payload: object({ re: integer, ok: schemaOf(command.answer) }),
    };
    fromPanel.push(name);
    fromServer.push(`${name}.ok`);
  }
  for (const [name, event] of Object.entries(deskEvents)) {
    messages[`event.${name}`] = {
      name: `event.${name}`,
      summary: event.about,
      payload: object({ seq: integer, event: { const: name }, with: schemaOf(event.with) }),
    };
    fromServer.push(`event.${name}`);
  }
  for (const [name, figures] of Object.entries(liveFigures)) {
    messages[`live.${name}`] = {
      name: `live.${name}`,
      summary: figures.about,
      payload: object({ live: { const: name }, with: schemaOf(figures.with) }),
    };
    fromServer.push(`live.${name}`);
  }
  messages.failed = {
    name: 'failed',
    summary:
      'A command could not be done: code of docs/errors.md, and a sentence in the panel’s language. `re` is 0 where the message had no id.',
    payload: object({ re: integer, failed: object({ code: { type: 'string' }, reason: { type: 'string' } }) }),
  };
  messages['server-beat'] = {
    name: 'server-beat',
    summary: `Every ${limits.beatMs} ms: the server’s clock in milliseconds since 1970. The panel answers at once.`,
    payload: object({ beat: { type: 'integer' } }),
  };
  messages['panel-beat'] = {
    name: 'panel-beat',
    summary: 'The answer to a beat, with the number of the last event that was handled.',
    payload: object({ beat: { type: 'integer' }, seen: integer }),
  };
  const codes = Object.entries(closeCodes).map(([name, code]) => `${code} ${name}`);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Switchroom desk',
      version: String(protocolVersion),
      description: [
        'One WebSocket per agent panel, one JSON object a message, authenticated by the session cookie of the REST login.',
        'The first message is hello, or resume after a lost connection or a reload.',
        'Events are numbered per agent and run of the server; live figures and beats are not.',
        `An end that has heard nothing for ${limits.silentMs} ms closes. Close codes: ${codes.join(', ')}.`,
        `Messages from a panel: at most ${limits.messageBytes} bytes, ${limits.commandsPerSecond} a second.`,
      ].join(' '),
    },
    channels: {
      desk: {
        address: deskPath,
        messages: Object.fromEntries(Object.keys(messages).map((name) => [name, ref(name)])),
      },
    },
    operations: {
      panel: {
        action: 'receive',
        summary: 'What a panel sends.',
        channel: { $ref: '#/channels/desk' },
        messages: fromPanel.map((name) => ({ $ref: `#/channels/desk/messages/${name}` })),
      },
      server: {
        action: 'send',
        summary: 'What the server sends.',
        channel: { $ref: '#/channels/desk' },
        messages: fromServer.map((name) => ({ $ref: `#/channels/desk/messages/${name}` })),
      },
    },
    components: { messages },
  };
}

/** The document as it was written. */
export function written(): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = JSON.parse(JSON.stringify(asyncApi()));
  if (!process.argv.includes('--check')) {
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  } else if (!isDeepStrictEqual(written(), document)) {
    console.error('docs/asyncapi.json is not up to date: node tools/build-asyncapi.ts');
    process.exit(1);
  }
}
