// Digital conversations on the desk: who is told of them, and what panels can do.
import { afterEach, expect, test } from 'vitest';
import type { ConversationView } from '../../../server/ports/index.ts';
import { Client } from './client.ts';
import { agentRecord, createWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const view = (more: Partial<ConversationView> = {}): ConversationView => ({
  interaction: 'int_c1',
  via: 'bank-chat',
  channel: 'chat',
  thread: 't1',
  phase: 'active',
  since: 1,
  startedAt: 1,
  language: 'en',
  agent: '1001',
  joined: [],
  variables: {},
  messages: 0,
  ...more,
});

test('the agent is told what is written in hers, colleagues who joined too, and nobody else', async () => {
  world = await createWorld({ agents: ['1001', '1002', '1003'].map((id) => agentRecord(id, id)) });
  const { conversations } = world;
  conversations.views.set('int_c1', view({ phase: 'queued', agent: undefined }));
  conversations.says('int_c1', 'customer', 'My card is gone');
  const { client: one, welcome } = await Client.open(world, '1001');
  const { client: two } = await Client.open(world, '1002');
  const { client: three } = await Client.open(world, '1003');
  expect(welcome.snapshot?.conversations).toEqual([]);

  conversations.set(view());
  const began = await one.event('conversation');
  expect(began.messages).toMatchObject([{ author: 'customer', content: { text: 'My card is gone' } }]);
  conversations.set(view({ joined: ['1002'] }));
  expect((await two.event('conversation')).messages).toHaveLength(1);
  const { message } = await one.do('send-message', {
    interaction: 'int_c1',
    key: 'k1',
    content: { type: 'text', text: 'I block it' },
  });
  expect(await two.event('message', ({ message: { id } }) => id === message.id)).toMatchObject({
    message: { author: 'agent', agent: '1001' },
  });
  conversations.emit('typing', view());
  await one.until(() => one.live.find(({ live }) => live === 'typing'));

  // A panel that comes later finds it in its snapshot.
  const { welcome: again } = await Client.open(world, '1001');
  expect(again.snapshot?.conversations).toMatchObject([{ view: { interaction: 'int_c1' }, messages: [{}, {}] }]);

  conversations.set(view({ agent: '1003', joined: ['1002'] }));
  expect(await one.event('conversation-gone')).toEqual({ interaction: 'int_c1' });
  expect((await three.event('conversation')).messages).toHaveLength(2);
  conversations.set(view({ agent: '1003', phase: 'closed' }));
  await three.event('conversation', ({ view: { phase } }) => phase === 'closed');
  expect(one.events.filter(({ event }) => event === 'conversation')).toHaveLength(2);
  expect(three.events.filter(({ event }) => event === 'conversation-gone')).toHaveLength(0);
});

test('what a panel asks reaches the conversation as hers', async () => {
  world = await createWorld();
  const { client } = await Client.open(world, '1001');
  await client.do('accept', { offer: 'off_9' });
  await client.do('typing', { interaction: 'int_c1' });
  await client.do('transfer-conversation', { interaction: 'int_c1', to: { queue: 'service' } });
  await client.do('go-on-writing', { interaction: 'int_call', key: 'k1', content: { type: 'text', text: 'The form' } });
  await client.do('leave-conversation', { interaction: 'int_c1' });
  await client.do('close-conversation', { interaction: 'int_c1' });
  expect(world.conversations.asked).toEqual([
    '1001 accepts off_9',
    '1001 types in int_c1',
    '1001 transfers int_c1 {"queue":"service"}',
    '1001 goes on from int_call k1',
    '1001 leaves int_c1',
    '1001 closes int_c1',
  ]);
  await expect(
    client.ask({ do: 'transfer-conversation', with: { interaction: 'int_c1', to: { number: '+8613800138000' } } }),
  ).rejects.toMatchObject({ failed: { code: 'desk-command-malformed' } });
});

test('who wrote a public answer hears what a second person decided; channels of written work are in the setup', async () => {
  world = await createWorld();
  const { conversations, directory } = world;
  const { client, welcome } = await Client.open(world, '1001');
  const { client: other } = await Client.open(world, '1002');
  expect(welcome.snapshot?.setup.written).toBeUndefined();
  const message = { ...conversations.says('int_c1', 'agent', 'We are sorry'), agent: '1001' };
  const failed = { code: 'sent-back', reason: 'Say why' };
  conversations.emit('reviewed', { ...message, state: 'failed', failed }, false);
  expect(await client.event('answer-reviewed')).toMatchObject({ approved: false, message: { failed } });
  const channel = { site: 'main', kind: 'weibo', channel: 'social' as const, to: { queue: 'service' }, name: {} };
  const times = { language: 'en' as const, firstAnswerMs: 1, idleMs: 1, returnMs: 1, disabled: false };
  await directory.channels.put({ id: 'weibo', ...channel, ...times }, 'test');
  const setup = await client.event('setup');
  expect(setup.written).toEqual({ work: [], social: [{ id: 'weibo', name: {} }] });
  expect(other.events.some(({ event }) => event === 'answer-reviewed')).toBe(false);
});

test('an offer says what the customer wrote last, and more when she writes on; the journal does not keep it twice', async () => {
  world = await createWorld();
  const { conversations } = world;
  const { client } = await Client.open(world, '1001');
  await client.do('ready', {});
  conversations.views.set('int_c1', view({ phase: 'offered', agent: undefined }));
  conversations.says('int_c1', 'customer', 'Hello');
  conversations.says('int_c1', 'bot', 'What is it about?');
  conversations.says('int_c1', 'customer', `My card\n  is ${'g'.repeat(400)}one`);
  conversations.says('int_other', 'customer', 'not hers');
  const offering = world.offer('1001', { interaction: 'int_c1', channel: 'chat' });
  const { offer, words } = await client.event('pop');
  await client.do('pop-shown', { offer: offer.id });
  await offering;
  expect(words?.map(({ text }) => text)).toEqual(['Hello', expect.stringMatching(/^My card is g+…$/)]);
  expect(words?.[1]?.text).toHaveLength(280);

  conversations.says('int_c1', 'customer', 'Are you there?');
  const again = await client.event('pop', ({ words: now }) => now?.length === 3);
  expect(again).toMatchObject({ offer: { id: offer.id }, words: [{}, {}, { text: 'Are you there?' }] });
  // A panel that comes now has them in its snapshot.
  const { welcome } = await Client.open(world, '1001');
  expect(welcome.snapshot?.pops[0]?.words).toHaveLength(3);
  const facts = world.journal.ofInteraction('int_c1').filter(({ type }) => type === 'desk.popped');
  expect(facts).toHaveLength(1);
  expect(JSON.stringify(facts)).not.toContain('Hello');

  // After a restart as well; once she has it, the conversation itself tells.
  await world.restartDesk();
  const { welcome: later } = await Client.open(world, '1001');
  expect(later.snapshot?.pops[0]?.words?.at(-1)?.text).toBe('Are you there?');
});

test('who has a contact without an offer sees whose it is, also after a restart, and once', async () => {
  world = await createWorld();
  const { client } = await Client.open(world, '1001');
  world.conversations.views.set('int_c1', view());
  const content = {
    ...{ interaction: 'int_c1', channel: 'social' as const, direction: 'in' as const, queue: 'service' },
    ...{ from: 'tom', to: 'weibo', language: 'en' as const, enteredQueueAt: 1, path: [], variables: {}, earlier: [] },
    customer: { id: 'cus_1', name: 'Old Tom', tags: [] },
  };
  const contact = { interaction: 'int_c1', channel: 'social' as const, queue: 'service', state: 'connected' as const };
  world.work.change('1001', (live) => live.contacts.push({ ...contact, since: 1 }));
  world.desk.screens.took('1001', 'off_1', content);
  world.desk.screens.took('1001', 'off_2', content);
  const pop = { offer: { id: 'off_1' }, content: { customer: { name: 'Old Tom' } }, outcome: 'accepted' };
  expect(await client.event('pop')).toMatchObject(pop);
  await world.restartDesk();
  const { welcome } = await Client.open(world, '1001');
  expect(welcome.snapshot?.pops).toMatchObject([pop]);
  expect(world.journal.ofInteraction('int_c1').filter(({ type }) => type === 'desk.popped')).toHaveLength(1);
});

test('a picture without a word, a mail with its subject; what was taken back is not shown', async () => {
  world = await createWorld();
  const { conversations } = world;
  const { client } = await Client.open(world, '1001');
  conversations.views.set('int_c1', view({ phase: 'offered', agent: undefined }));
  const attachment = { id: 'att_1', kind: 'image' as const, mime: 'image/png', bytes: 1, sha256: 'a' };
  conversations.says('int_c1', 'customer', '').content = { type: 'media', attachment };
  conversations.says('int_c1', 'customer', 'secret').state = 'recalled';
  conversations.says('int_c1', 'customer', '').content = { type: 'text', subject: 'Invoice', text: 'Please\ncheck' };
  void world.offer('1001', { interaction: 'int_c1', channel: 'mail' });
  const { words } = await client.event('pop');
  expect(words).toEqual([
    { at: 1, text: '', file: 'image' },
    { at: 3, text: 'Invoice · Please check' },
  ]);
});

test('a call has no written words', async () => {
  world = await createWorld();
  const { client } = await Client.open(world, '1001');
  void world.offer('1001');
  expect(await client.event('pop')).not.toHaveProperty('words');
});
