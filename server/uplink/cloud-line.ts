// The HTTPS line to the cloud: signed requests, a time limit, answers checked against their schemas.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { z } from 'zod';
import type { UplinkSettings } from '../../config/index.ts';
import {
  type ChangesAnswer,
  changesAnswer,
  clockAnswer,
  cursorAnswer,
  type SettleAnswer,
  settleAnswer,
  signRequest,
  type TailAnswer,
  tailAnswer,
  uplinkLimits,
} from '../../uplink/index.ts';
import type { Clock, Millis } from '../../values/index.ts';
import { failed } from './errors.ts';

/** What became of a batch. `elsewhere`: the cloud is at another place of the journal. */
export type Told = { how: 'taken' | 'elsewhere'; cursor: number } | { how: 'busy'; afterMs: number };

export interface CloudLine {
  /** All @throws uplink-unreachable, uplink-refused */
  cursor(): Promise<number>;
  send(body: Uint8Array): Promise<Told>;
  /** What the cloud has after an event. @param common the last event that both have alike, as far as it is known */
  tail(after: number, common: number): Promise<TailAnswer>;
  /** Sets aside in the cloud what it has after an event, where it has the journal up to `cursor`. */
  settle(after: number, cursor: number, dryRun: boolean): Promise<SettleAnswer>;
  /** Waits on the cloud's side until there is something, at most `waitSeconds`. */
  changes(after: number, waitSeconds: number, signal: AbortSignal): Promise<ChangesAnswer>;
  close(): void;
}

const patienceMs = 30_000;
const largestAnswer = 16 * 1024 * 1024;
const busyMs = 5_000;

interface Answer {
  status: number;
  retryAfter: number | undefined;
  text: string;
}

/** @throws Error where a file cannot be read */
export function openCloudLine(settings: UplinkSettings, site: string, clock: Clock): CloudLine {
  const base = new URL(settings.url);
  const key = createPrivateKey(readFileSync(settings.keyFile));
  const secure = base.protocol === 'https:';
  const agent = secure
    ? new Agent({ keepAlive: true, maxSockets: 4, minVersion: 'TLSv1.2', ...certificates(settings) })
    : new PlainAgent({ keepAlive: true, maxSockets: 4 });
  const prefix = `${base.pathname.replace(/\/$/, '')}/v1/sites/${encodeURIComponent(site)}`;

  // How far the cloud's clock is ahead of this one, where it had to be asked: wrong clocks must not cut a site off.
  let ahead = 0;
  const ask = async (
    method: string,
    path: string,
    body: Uint8Array,
    more: { signal?: AbortSignal; patienceMs?: number } = {},
  ): Promise<Answer> => {
    const once = () =>
      exchange({ base, agent, key, site, now: clock.now() + ahead }, method, prefix + path, body, more);
    const answer = await once();
    const cloudNow = answer.status === 401 ? clockOf(answer) : undefined;
    if (cloudNow === undefined) return answer;
    ahead = cloudNow - clock.now();
    return once();
  };
  return {
    async cursor() {
      return read(await ask('GET', '/cursor', nothing), cursorAnswer).cursor;
    },
    async send(body) {
      const answer = await ask('POST', '/batches', body);
      if (answer.status === 409) return { how: 'elsewhere', cursor: parsed(answer, cursorAnswer).cursor };
      if (answer.status === 413) return { how: 'busy', afterMs: 0 };
      if (answer.status === 429 || answer.status === 503)
        return { how: 'busy', afterMs: (answer.retryAfter ?? busyMs / 1_000) * 1_000 };
      return { how: 'taken', cursor: read(answer, cursorAnswer).cursor };
    },
    async tail(after, common) {
      return read(await ask('GET', `/tail?after=${after}&common=${common}`, nothing), tailAnswer);
    },
    async settle(after, cursor, dryRun) {
      const body = Buffer.from(JSON.stringify({ after, cursor, dryRun }));
      return read(await ask('POST', '/settle', body), settleAnswer);
    },
    async changes(after, waitSeconds, signal) {
      const wait = Math.min(waitSeconds, uplinkLimits.waitSeconds);
      const path = `/changes?after=${after}&wait=${wait}`;
      return read(await ask('GET', path, nothing, { signal, patienceMs: patienceMs + wait * 1_000 }), changesAnswer);
    },
    close: () => agent.destroy(),
  };
}

const nothing = new Uint8Array();

function certificates({ ca, certificate, certificateKey }: UplinkSettings): {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
} {
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(certificate === undefined ? {} : { cert: readFileSync(certificate) }),
    ...(certificateKey === undefined ? {} : { key: readFileSync(certificateKey) }),
  };
}

function read<Value>(answer: Answer, schema: z.ZodType<Value>): Value {
  if (answer.status !== 200)
    throw failed['uplink-refused']({ status: answer.status, reason: answer.text.slice(0, 300) });
  return parsed(answer, schema);
}

function parsed<Value>({ status, text }: Answer, schema: z.ZodType<Value>): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw failed['uplink-refused']({ status, reason: 'the answer is not what the protocol says' }, { cause: error });
  }
}

/** The time that the cloud has, where it refused a request because of that. */
function clockOf({ text }: Answer): Millis | undefined {
  try {
    return clockAnswer.parse(JSON.parse(text)).now;
  } catch {
    return undefined; // refused for another reason
  }
}

interface Line {
  base: URL;
  agent: Agent | PlainAgent;
  key: KeyObject;
  site: string;
  now: Millis;
}

function exchange(
  { base, agent, key, site, now }: Line,
  method: string,
  path: string,
  body: Uint8Array,
  more: { signal?: AbortSignal; patienceMs?: number },
): Promise<Answer> {
  const headers: Record<string, string | number> = {
    authorization: signRequest(key, site, { method, path, body }, now),
    'content-length': body.length,
    ...(body.length === 0 ? {} : { 'content-type': 'application/zstd' }),
  };
  const signals = [AbortSignal.timeout(more.patienceMs ?? patienceMs), ...(more.signal ? [more.signal] : [])];
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const fail = (error: Error) => reject(failed['uplink-unreachable']({ reason: error.message }, { cause: error }));
  const options = {
    method,
    path,
    headers,
    agent,
    host: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port,
    signal: AbortSignal.any(signals),
  };
  const sent = (base.protocol === 'https:' ? request : plainRequest)(options, (response) => {
    const pieces: Buffer[] = [];
    let length = 0;
    response.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > largestAnswer) response.destroy(new Error('the answer is too long'));
      else pieces.push(piece);
    });
    response.on('error', fail);
    response.on('end', () => {
      const after = Number(response.headers['retry-after']);
      const retryAfter = Number.isFinite(after) ? Math.min(Math.max(after, 0), 600) : undefined;
      resolve({ status: response.statusCode ?? 0, retryAfter, text: Buffer.concat(pieces).toString('utf8') });
    });
  });
  sent.on('error', fail);
  sent.end(body);
  return promise;
}
