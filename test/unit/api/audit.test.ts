// Everything that a supervisor or administrator does by the API is in the audit log: every endpoint there is, so that a new one
// cannot be forgotten.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEndpoints } from '../../../server/api/endpoints/index.ts';
import { isDiscreet } from '../../../server/api/scope.ts';
import { type AuditEntry, isAudited } from '../../../server/audit/index.ts';
import { agentSchema } from '../../../server/directory/index.ts';
import { oneTimeCode } from '../../../server/directory/totp.ts';
import { eventTypes } from '../../../server/journal/index.ts';
import { longCall } from '../customers/call-events.ts';
import { unbase32 } from '../directory/unbase32.ts';
import { type ApiServer, liveCall, startApi } from './api-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is looked at by the tests
type Json = any;
let api: ApiServer;

// The list is needed before the server runs; what is looked at depends on no port.
const listed = await startApi();
const endpoints = allEndpoints(listed.deps).map((one) => ({ ...one, name: `${one.method} ${one.path}` }));
await listed.close();
const unsafe = endpoints.filter(({ method, roles }) => method !== 'get' && roles !== 'public');
const told = unsafe.flatMap(({ name, audit }) =>
  typeof audit === 'object' && 'by' in audit ? { name, by: audit.by } : [],
);

const seen = () => api.site.journal.last;
/** Resolves with what came after an entry, once it is of this type. */
async function entry(after: number, type: string): Promise<AuditEntry> {
  const found = () => api.deps.audit!.find({ type, limit: 1 }).find(({ seq }) => seq > after);
  await expect.poll(found).toBeDefined();
  return found()!;
}
async function done(method: string, path: string, body?: unknown, as?: string, headers?: Record<string, string>) {
  const response = await api.send(method, path, as ?? (headers ? undefined : api.tokens.admin), body, headers);
  const text = await response.text();
  expect(`${method} ${path} ${response.status} ${text}`).toMatch(/^\S+ \S+ 2\d\d /);
  return (text === '' ? {} : JSON.parse(text)) as Json;
}

beforeAll(async () => {
  api = await startApi();
  const { journal, clock, directory, accounts } = api.site;
  await journal.append(longCall('int_1', clock.at, 'cus_1').map((event) => ({ ...event, team: 'red' })));
  await api.projector.settled();
  const boss = { site: 'hq', id: 'boss', name: 'Eve', roles: ['supervisor' as const] };
  await directory.agents.put(agentSchema.parse(boss), 'setup');
  await accounts.setPassword('boss', 'correct horse staple', 'setup');
});
afterAll(() => api.close());

describe('what an endpoint says of itself', () => {
  it('what changes nothing is this and no more: who adds one looks whether that is true', () => {
    expect(unsafe.filter(({ audit }) => audit === 'nothing').map(({ name }) => name)).toEqual([
      'post /session/second-factor',
      'post /flows/:flow/check',
      'post /flows/:flow/test',
      'post /flows/:flow/simulate',
      'post /moments/:moment/check',
      'post /moments/:moment/test',
      'post /moments/:moment/try',
      'post /egress/seals/verify',
      'post /egress/check',
      'post /egress/sample',
    ]);
  });

  it.each(told)('$name is told by events of the audit', ({ by }) => {
    const known = new Set([...eventTypes.values()].map(({ name }) => name));
    for (const type of by) {
      expect(known).toContain(type);
      expect(isAudited({ type })).toBe(true);
    }
  });

  it('fields that are shown are in the query or the body', () => {
    for (const { name, audit, query, body } of endpoints) {
      if (typeof audit !== 'object' || !('shows' in audit)) continue;
      const shapes = JSON.stringify([query, body].map((one) => (one ? shapeOf(one) : {})));
      for (const field of audit.shows) expect(shapes, name).toContain(`"${field}"`);
    }
  });
});

/** Names of fields, of each of a union. */
function shapeOf(schema: Json): string[] {
  return schema.options ? schema.options.flatMap(shapeOf) : Object.keys(schema.shape);
}

describe('events of their own', () => {
  const evaluation = { form: 'call', interaction: 'int_1', agent: '1001' };
  const question = { id: 'tone', text: { en: 'Tone' }, kind: 'scale', max: 4 };
  const form = { name: { en: 'Call' }, sections: [{ id: 'talk', name: { en: 'Talk' }, questions: [question] }] };
  const answers = { tone: { value: 2 } };
  const article = { en: { question: 'Lost card?', answer: 'Block it.' } };
  const canned = { name: 'Hello', texts: { en: 'Hello' } };
  const moment = {
    ...{ moment: 'greet', rank: 10, class: 'minutes', when: { event: 'signed-up' } },
    do: [{ message: { en: 'Welcome, {customer.name|dear customer}.', zh: '{customer.name|您}好。' } }],
  };
  const records: Record<string, [key: string, body: object]> = {
    skills: ['loans', {}],
    hours: ['office', { open: [{ days: ['mon'], from: '09:00', to: '17:00' }] }],
    queues: ['cards', {}],
    agents: ['1003', { name: 'Cy' }],
    dids: ['+862112345678', { flow: 'bank' }],
    channels: ['chat', { kind: 'webchat', channel: 'chat', to: { queue: 'service' } }],
    trunks: ['gw', { country: 'CN' }],
    'sip-users': ['1003', {}],
    'dial-rules': ['+86', { trunk: 'gw' }],
  };
  const made: Record<string, string> = {};
  const customer = async (name: string) => (await done('POST', '/customers', { name })).id as string;
  const session = async (): Promise<Record<string, string>> => {
    const response = await api.send('POST', '/session', undefined, { login: 'boss', password: made.password });
    const { csrf } = (await response.json()) as { csrf: string };
    return { cookie: response.headers.get('set-cookie')!.split(';')[0]!, 'x-csrf-token': csrf };
  };
  const evaluators = async () => (await done('GET', '/quality/evaluations')).evaluations[0].evaluator as string;
  let hers: Record<string, string>;
  let secret: Buffer;
  const code = (later: number) => oneTimeCode(secret, Math.floor(api.site.clock.at / 30_000) + later);

  /** In an order in which one finds what the one before has made. */
  const recipes: Record<string, () => Promise<unknown>> = {
    ...Object.fromEntries(
      Object.entries(records).map(([path, [key, body]]) => [
        `put /${path}/:key`,
        () => done('PUT', `/${path}/${encodeURIComponent(key)}`, body),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(records)
        .filter(([path]) => path !== 'channels')
        .reverse()
        .map(([path, [key]]) => [`delete /${path}/:key`, () => done('DELETE', `/${path}/${encodeURIComponent(key)}`)]),
    ),
    'post /channel-health/:channel/switch': () => done('POST', '/channel-health/chat/switch', { on: false }),
    'delete /channels/:key': () => done('DELETE', '/channels/chat'),
    'put /queues/:id/thresholds': () => done('PUT', '/queues/service/thresholds', {}, api.tokens.supervisor),
    'post /agents/:id/password': () => done('POST', '/agents/1002/password', {}),
    'post /tokens': async () => {
      made.token = (await done('POST', '/tokens', { name: 'x', roles: ['agent'] })).record.id;
    },
    'delete /tokens/:id': () => done('DELETE', `/tokens/${made.token}`),
    'post /session/password': async () => {
      made.password = 'correct horse staple';
      hers = await session();
      const next = 'another horse staple';
      await done('POST', '/session/password', { current: made.password, password: next }, undefined, hers);
      made.password = next;
    },
    'post /session/second-factor/confirm': async () => {
      hers = await session();
      const begun = await done('POST', '/session/second-factor', { password: made.password }, undefined, hers);
      secret = unbase32(begun.secret);
      await done('POST', '/session/second-factor/confirm', { code: code(0) }, undefined, hers);
    },
    'post /session/second-factor/recovery-codes': () =>
      done(
        'POST',
        '/session/second-factor/recovery-codes',
        { code: code(1), password: made.password },
        undefined,
        hers,
      ),
    'post /session/second-factor/remove': async () => {
      api.site.clock.at += 60_000;
      await done('POST', '/session/second-factor/remove', { code: code(0), password: made.password }, undefined, hers);
    },
    'delete /session': async () => done('DELETE', '/session', undefined, undefined, await session()),
    'delete /agents/:id/second-factor': async () => {
      hers = await session();
      const begun = await done('POST', '/session/second-factor', { password: made.password }, undefined, hers);
      secret = unbase32(begun.secret);
      await done('POST', '/session/second-factor/confirm', { code: code(1) }, undefined, hers);
      await done('DELETE', '/agents/boss/second-factor');
    },
    'post /canned-answers': async () => {
      made.answer = (await done('POST', '/canned-answers', canned)).id;
    },
    'put /canned-answers/:id': () => done('PUT', `/canned-answers/${made.answer}`, { ...canned, name: 'Hi' }),
    'delete /canned-answers/:id': () => done('DELETE', `/canned-answers/${made.answer}`),
    'post /knowledge/articles': async () => {
      made.article = (await done('POST', '/knowledge/articles', article)).id;
    },
    'put /knowledge/articles/:id': () =>
      done('PUT', `/knowledge/articles/${made.article}`, { en: { question: 'Lost?', answer: 'Block it.' } }),
    'post /knowledge/articles/:id/feedback': () =>
      done('POST', `/knowledge/articles/${made.article}/feedback`, { helpful: true }),
    'delete /knowledge/articles/:id': () => done('DELETE', `/knowledge/articles/${made.article}`),
    'put /moments/:moment': () => done('PUT', '/moments/greet', JSON.stringify(moment)),
    'put /quality/forms/:id': () => done('PUT', '/quality/forms/call', form),
    'post /quality/evaluations': async () => {
      made.evaluation = (await done('POST', '/quality/evaluations', { ...evaluation, answers, draft: true })).id;
    },
    'put /quality/evaluations/:id': () => done('PUT', `/quality/evaluations/${made.evaluation}`, { answers }),
    'post /quality/evaluations/:id/answer': () =>
      done('POST', `/quality/evaluations/${made.evaluation}/answer`, { agrees: true }, api.tokens.agent),
    'post /quality/calibrations': async () => {
      const asked = { ...evaluation, evaluators: [await evaluators(), 'boss'] };
      made.calibration = (await done('POST', '/quality/calibrations', asked)).id;
    },
    'post /quality/calibrations/:id/close': () => done('POST', `/quality/calibrations/${made.calibration}/close`),
    'post /customers/:id/merge': async () => {
      [made.ada, made.bob] = [await customer('Ada'), await customer('Bob')];
      await done('POST', `/customers/${made.ada}/merge`, { other: made.bob });
    },
    'post /customers/:id/unmerge': () => done('POST', `/customers/${made.bob}/unmerge`),
    'delete /customers/:id/suggestions/:other': async () => {
      const other = await customer('Cleo');
      await done('POST', `/customers/${made.ada}/suggestions`, { other });
      await done('DELETE', `/customers/${made.ada}/suggestions/${other}`);
    },
    'post /holds': async () => {
      made.hold = (await done('POST', '/holds', { kind: 'customer', subject: made.ada, reason: 'case 7' })).id;
    },
    'delete /holds/:id': () => done('DELETE', `/holds/${made.hold}`),
    'delete /customers/:id': () => done('DELETE', `/customers/${made.ada}`),
    'put /drain': () => done('PUT', '/drain', {}),
    'delete /drain': () => done('DELETE', '/drain'),
  };
  // Saving is a fake here; test/unit/api/flow-files.test.ts and test/product/flows.test.ts have the real one.
  const elsewhere = ['put /flows/:flow'];

  it('every endpoint that says so is tried here', () => {
    expect([...Object.keys(recipes), ...elsewhere].sort()).toEqual(told.map(({ name }) => name).sort());
  });

  it.each(Object.entries(recipes))('%s', async (name, act) => {
    const before = seen();
    await act();
    const { by } = told.find((one) => one.name === name)!;
    for (const type of by) expect((await entry(before, type)).by).toMatch(/^(token:|1001$|boss$)/);
  });
});

describe('all others, by the router', () => {
  const others = unsafe.filter(({ audit }) => audit === undefined || (typeof audit === 'object' && 'shows' in audit));

  it('who ends a call, and of which no event says it was she', async () => {
    expect(others.map(({ name }) => name)).toContain('post /live/calls/:interaction/end');
    liveCall(api);
    const before = seen();
    await done('POST', '/live/calls/int_live/end', undefined, api.tokens.supervisor);
    expect(await entry(before, 'audit.acted')).toMatchObject({
      by: expect.stringMatching(/^token:/),
      subject: 'int_live',
      data: { what: 'POST /live/calls/:interaction/end', on: { interaction: 'int_live' } },
    });
  });

  it('with the switches and ids that were given, and nothing about a person', async () => {
    const before = seen();
    await done('POST', '/live/contacts/int_live/move', { queue: 'service' });
    expect((await entry(before, 'audit.acted')).data.with).toEqual({ queue: 'service' });
    const { id } = await done('POST', '/customers', { identities: [{ kind: 'phone', value: '+8613800138000' }] });
    const created = seen();
    await done('DELETE', `/customers/${id}/identities/phone/%2B8613800138000`);
    const { data } = await entry(created, 'audit.acted');
    expect(data).toMatchObject({ on: { id, kind: 'phone' } });
    expect(JSON.stringify(api.deps.audit!.find({ type: 'audit.*', limit: 500 }))).not.toContain('13800138000');
  });

  it('what an agent does, what staff do at a desk of their own, and what was refused are not in it', async () => {
    const { token } = await api.site.accounts.createToken({ name: 'own', roles: ['supervisor'], agent: 'boss' }, 'x');
    const start = seen();
    await done('POST', '/agents/me/ready', undefined, api.tokens.agent);
    await done('POST', '/agents/me/ready', undefined, token);
    await done('POST', '/agents/boss/ready', undefined, token);
    expect((await api.send('POST', '/live/calls/none/end', api.tokens.admin)).status).toBe(404);
    // Somebody else's state is.
    await done('POST', '/agents/1001/not-ready', { reason: 'meeting' }, token);
    expect(await entry(start, 'audit.acted')).toMatchObject({ by: expect.stringMatching(/^token:/), subject: '1001' });
    expect(api.deps.audit!.find({ limit: 100 }).filter(({ seq }) => seq > start)).toHaveLength(1);
  });

  it.each(['/interactions.csv?queue=service', '/interactions.xlsx?queue=service'])('%s is taken away', async (path) => {
    const before = seen();
    await (await api.send('GET', path, api.tokens.supervisor)).arrayBuffer();
    expect((await entry(before, 'audit.acted')).data).toMatchObject({ with: { queue: 'service' } });
  });

  it('is for administrators alone', async () => {
    const acted = api.site.journal.read(0, { filter: { types: ['audit.acted'] }, limit: 1 })[0]!;
    const who = (token: string) => api.site.accounts.authenticate({ authorization: `Bearer ${token}` })!;
    const { admin, supervisor, agent } = api.tokens;
    expect([admin, supervisor, agent].map((token) => isDiscreet(who(token), acted))).toEqual([false, true, true]);
  });
});
