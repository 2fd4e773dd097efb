// Entry of the gateway's thread: one gateway, driven by messages.
import { parentPort, workerData } from 'node:worker_threads';
import { LinkFailure } from '../../link/index.ts';
import { raisePriority } from '../rtp/index.ts';
import { Gateway } from './gateway.ts';
import type { FromGateway, GatewayStart, ToGateway } from './thread-protocol.ts';

if (!parentPort) throw new Error('thread.ts runs in a worker thread only');
const port = parentPort;

let said: FromGateway[] = [];

function say(message: FromGateway): void {
  if (said.push(message) === 1) setImmediate(post);
}

function post(): void {
  const messages = said;
  said = [];
  if (messages.length > 0) port.postMessage(messages);
}

const refused = raisePriority();
if (refused !== undefined) {
  say({ log: 'info', message: 'WebRTC thread runs at normal priority', fields: { reason: refused } });
}

const gateway = new Gateway(
  workerData as GatewayStart,
  {
    event: (event, body) => say({ event, with: body }),
    log: (log, message, fields) => say({ log, message, fields }),
  },
  {
    now: () => performance.now(),
    wall: () => Date.now(),
    after: (ms, fire) => {
      const timer = setTimeout(fire, ms);
      return () => clearTimeout(timer);
    },
  },
);

function failed(re: number, error: unknown): void {
  if (error instanceof LinkFailure) say({ re, failed: { code: error.code, reason: error.reason } });
  else {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    say({ re, failed: { code: 'internal', reason: message, stack } });
  }
}

function take(message: ToGateway): void {
  if ('stop' in message) {
    gateway.close();
    post();
    port.close();
    return;
  }
  try {
    const answer = gateway.handle(message.do, message.with);
    if (!(answer instanceof Promise)) say({ re: message.id, ok: answer });
    else
      answer.then(
        (ok) => say({ re: message.id, ok }),
        (error) => failed(message.id, error),
      );
  } catch (error) {
    failed(message.id, error);
  }
}

port.on('message', (messages: ToGateway[]) => {
  for (const message of messages) take(message);
});
say({ ready: true });
