// A company of 1,000 agents for the bench of the desk: a flow that leads straight into a queue, and a session for each agent
// as a login leaves it in the data folder (1,000 logins would spend half a minute on hashing passwords).
import { hash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openDatabase } from '../../../server/journal/index.ts';
import { Product } from '../../product/product.ts';
import { freeTcpPort } from '../../product/tcp-port.ts';

/** Who takes calls at protocol clients, at the page and at the panel phone. */
export const numbers = { clients: '95500', page: '95501', phone: '95502' } as const;
export type Line = keyof typeof numbers;

export interface Seat {
  agent: string;
  /** `switchroom_session=…` */
  cookie: string;
}

export interface Company {
  product: Product;
  /** 199 who take calls on `clients`, then one for the page, one for the panel phone, and the others. */
  seats: Seat[];
  close(): Promise<void>;
}

/**
 * @param agents how many there are
 * @param clients how many of them take calls on `clients`
 * @param sipPort where their phones are, UDP on loopback
 */
export async function openCompany(agents: number, clients: number, sipPort: number): Promise<Company> {
  const flows = benchFlows();
  const first = 40_000 + 10 * Math.floor(Math.random() * 2_000);
  const env = {
    SWITCHROOM_DEMO: '0',
    SWITCHROOM_FLOWS: flows,
    SWITCHROOM_HTTP_PORT: String(await freeTcpPort()),
    SWITCHROOM_WEBRTC_PORTS: `${first}-${first + 99}`,
  };
  const setUp = await Product.start({ env });
  const ids = Array.from({ length: agents }, (_, i) => `a${1000 + i}`);
  for (const queue of Object.keys(numbers)) {
    const calm = { wrapUpMs: 0, ringMs: 20_000, record: false, announceEveryMs: 0, dispositionRequired: false };
    await setUp.must('PUT', `/queues/${queue}`, calm);
  }
  await setUp.must('PUT', '/trunks/bench', { sources: ['127.0.0.0/8'], country: 'CN' });
  for (const [at, agent] of ids.entries()) {
    const line = at < clients ? 'clients' : (['page', 'phone'] as const)[at - clients];
    const phone =
      line === 'phone'
        ? { kind: 'panel', answers: 'by-hand' }
        : { kind: 'uri', uri: `sip:${agent}@127.0.0.1:${sipPort}` };
    await setUp.must('PUT', `/agents/${agent}`, {
      name: `Agent ${agent}`,
      phone,
      queues: line === undefined ? [] : [line],
      capacity: { voice: 1 },
    });
  }
  // Last: a flow can be named once the queue that it names is known.
  for (const [line, number] of Object.entries(numbers)) {
    await setUp.must('PUT', `/dids/${number}`, { flow: `bench-${line}` });
  }
  const { data } = setUp.settings;
  await setUp.stop({ keep: true });
  const seats = ids.map((agent) => ({ agent, secret: randomBytes(32).toString('base64url') }));
  await rememberSessions(data, seats);
  const product = await Product.start({ env, data });
  return {
    product,
    seats: seats.map(({ agent, secret }) => ({ agent, cookie: `switchroom_session=${secret}` })),
    async close() {
      await product.stop();
      rmSync(flows, { recursive: true, force: true });
    },
  };
}

export function rememberSessions(directory: string, seats: { agent: string; secret: string }[]): Promise<void> {
  const opened = openDatabase({ directory, logger: pino({ level: 'silent' }) });
  const now = Date.now();
  const add = opened.database.prepare(
    "INSERT INTO sessions (token_hash, agent, created_at, seen_at, ends_at, way) VALUES (?, ?, ?, ?, ?, 'password')",
  );
  for (const { agent, secret } of seats) add.run(hash('sha256', secret), agent, now, now, now + 3_600_000);
  return opened.close();
}

/** Flows of one node each. */
function benchFlows(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-bench-flows-'));
  mkdirSync(join(folder, 'prompts', 'music'), { recursive: true });
  const music = join(import.meta.dirname, '..', '..', '..', 'ivr-flows', 'prompts', 'music', 'hold-music.wav');
  copyFileSync(music, join(folder, 'prompts', 'music', 'hold-music.wav'));
  for (const queue of Object.keys(numbers)) {
    const nodes = { queue: { type: 'queue', queue, overflow: 'end', error: 'end' }, end: { type: 'hangup' } };
    const flow = { flow: `bench-${queue}`, languages: ['en'], start: 'queue', error: 'end', nodes };
    writeFileSync(join(folder, `bench-${queue}.json`), JSON.stringify(flow));
  }
  return folder;
}
