// Calls from end to end: tiny SIP peers, the real edge, drachtio-srf, signaling and calls.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Stage, until } from './stage.ts';

const flows = {
  main: {
    languages: ['en'],
    start: 'hello',
    error: 'bye',
    nodes: {
      hello: { type: 'say', prompt: { en: 'Hello.' }, next: 'menu' },
      menu: {
        type: 'menu',
        prompt: { en: 'Press 1.' },
        choices: { '1': { next: 'queue', label: 'Service' }, '2': { next: 'bye', label: 'Goodbye' } },
        timeout: 'queue',
        invalid: 'bye',
      },
      queue: { type: 'queue', queue: 'service', overflow: 'bye', error: 'bye' },
      bye: { type: 'hangup' },
    },
  },
};

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open(flows);
});
afterEach(async () => {
  await stage.close();
});

test('a call is answered, hears the flow, and is hung up by the caller', async () => {
  const peer = await stage.peer();
  const call = peer.call('95500');
  const answer = await call.establish();
  expect(answer.body).toMatch(/m=audio \d+ RTP\/AVP/);
  await until(() => stage.server.prompts.said.length >= 2, 'greeting and menu');
  await call.bye();
  const ended = await stage.event('interaction.ended');
  expect(ended.data).toMatchObject({ where: 'ivr', by: 'customer' });
  await stage.nothingLeft();
});
