import { expect, it } from 'vitest';
import { errorsPage, eventsPage, loadDeclarations, stalePages } from '../../../tools/make-references.ts';

it('docs/errors.md and docs/events.md say what the code says', async () => {
  expect(await stalePages(), 'run: node tools/make-references.ts').toEqual([]);
});

it('has one code for what is not there, whichever part says so', async () => {
  await loadDeclarations();
  const sentences = errorsPage().match(/There is no (agent|queue|flow) \{\w+\}\./g) ?? [];
  expect(sentences.toSorted()).toEqual([
    'There is no agent {agent}.',
    'There is no flow {flow}.',
    'There is no queue {queue}.',
  ]);
});

it('names errors and events of every folder that declares some', async () => {
  await loadDeclarations();
  for (const code of ['queue-unknown', 'login-failed', 'database-too-new', 'desk-offer-over']) {
    expect(errorsPage()).toContain(`| \`${code}\` |`);
  }
  for (const name of ['interaction.started', 'directory.agent-put', 'journal.person-erased', 'routing.decided']) {
    expect(eventsPage()).toContain(`### \`${name}\``);
  }
  expect(eventsPage()).toMatch(/`from` \| string \| optional, \*personal\*/);
});
