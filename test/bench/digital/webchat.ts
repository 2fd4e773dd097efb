// Many web chats open at once on one sidecar, each with an agent and a message every ten seconds: how long from the visitor's
// socket through the sidecar's inbox, the server and its journal to the socket of the agent who has the conversation.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Meter, residentMb } from '../meter.ts';
import { percentile, round } from '../report.ts';
import { openChatDesks } from './chat-desks.ts';

export interface WebchatFigures {
  open: number;
  agents: number;
  /** Seconds until every visitor had said a first word and had an agent. */
  openedIn: number;
  messages: number;
  /** At the agents' sockets. */
  arrived: number;
  /** Visitor's socket → acknowledgement there, ms: it is in the inbox. */
  ack: { p50: number | undefined; p99: number | undefined };
  /** Visitor's socket → read at the agent's socket, ms. */
  toAgent: { p50: number | undefined; p95: number | undefined; p99: number | undefined };
  /** By what the memory of the programs grew, all agents being at their desks before. */
  sidecarKbPerConversation: number;
  serverKbPerConversation: number;
  sidecarCores: number;
  serverCores: number;
  benchCores: number;
  /** What other programs used meanwhile, cores. */
  others: number;
}

const everyMs = 10_000;
const conversationsOfAgent = 50;
/** Visitors who come in a second: a rush, but no more than an agent can take by hand (a desk takes 20 commands a second). */
const mostPerSecond = 150;
const mostPerAgent = 4;

export async function measureWebchat(conversations: number, seconds: number): Promise<WebchatFigures> {
  const limits = { sockets: conversations + 100, socketsPerNetwork: conversations, messagesPerSecond: 10 };
  const sentAt = new Map<string, number>();
  const acks: number[] = [];
  const arrivals: number[] = [];
  const agents = Math.ceil(conversations / conversationsOfAgent);
  const desks = await openChatDesks(
    { agents, each: conversationsOfAgent, channel: 'web', settings: { limits } },
    (text, at) => {
      const began = sentAt.get(text);
      if (began === undefined) return;
      sentAt.delete(text);
      arrivals.push(at - began);
    },
  );
  const { product } = desks;
  const sockets: WebSocket[] = [];
  try {
    const { pids } = product;
    const before = { sidecar: residentMb(pids.sidecar), server: residentMb(pids.server) };
    const began = performance.now();
    const coming: Promise<void>[] = [];
    await byTheClock(conversations, Math.min(mostPerSecond, agents * mostPerAgent), (at) => coming.push(visitor(at)));
    await Promise.all(coming);
    const mostWait = performance.now() + 120_000;
    while (desks.accepted() < conversations) {
      if (performance.now() > mostWait) {
        throw new Error(`only ${desks.accepted()} of ${conversations} conversations have an agent`);
      }
      await pause(50);
    }
    const openedIn = (performance.now() - began) / 1_000;
    const meter = new Meter({ sidecar: [pids.sidecar], server: [pids.server], bench: [process.pid] });
    const messages = Math.max(1, Math.round((seconds * 1_000) / everyMs)) * conversations;
    await byTheClock(messages, (conversations * 1_000) / everyMs, (at) => {
      const text = `message ${at}`;
      sentAt.set(text, performance.now());
      say(sockets[at % conversations] as WebSocket, `m${at}`, text);
    });
    const end = performance.now() + 30_000;
    while (arrivals.length < messages && performance.now() < end) await pause(50);
    const reading = meter.read();
    return {
      open: sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length,
      agents,
      openedIn: round(openedIn, 1),
      messages,
      arrived: arrivals.length,
      ack: { p50: rounded(percentile(acks, 0.5)), p99: rounded(percentile(acks, 0.99)) },
      toAgent: {
        p50: rounded(percentile(arrivals, 0.5)),
        p95: rounded(percentile(arrivals, 0.95)),
        p99: rounded(percentile(arrivals, 0.99)),
      },
      sidecarKbPerConversation: round(((residentMb(pids.sidecar) - before.sidecar) * 1024) / conversations),
      serverKbPerConversation: round(((residentMb(pids.server) - before.server) * 1024) / conversations),
      sidecarCores: round((reading.cpu.sidecar ?? 0) / reading.seconds),
      serverCores: round((reading.cpu.server ?? 0) / reading.seconds),
      benchCores: round((reading.cpu.bench ?? 0) / reading.seconds),
      others: round(reading.others),
    };
  } finally {
    for (const socket of sockets) socket.terminate();
    await desks.close();
  }

  async function visitor(at: number): Promise<void> {
    const url = new URL(product.sidecar);
    const socket = new WebSocket(`ws://${url.host}/chat/web/socket`, {
      origin: product.sidecar,
      perMessageDeflate: false,
      // Addresses of loopback: one address alone would meet the limit of the rate of requests.
      localAddress: `127.0.${1 + Math.floor(at / 200)}.${1 + (at % 200)}`,
    });
    sockets[at] = socket;
    await once(socket, 'open');
    socket.send('{"t":"hello"}');
    await once(socket, 'message');
    const ready = once(socket, 'message');
    say(socket, 'first', 'a first word');
    await ready;
    socket.on('message', (data) => {
      const frame = String(data);
      if (!frame.startsWith('{"t":"ack"')) return;
      const { id } = JSON.parse(frame) as { id: string };
      const began = ackOf.get(id);
      if (began === undefined) return;
      ackOf.delete(id);
      acks.push(performance.now() - began);
    });
  }
}

const ackOf = new Map<string, number>();

function say(socket: WebSocket, id: string, text: string): void {
  ackOf.set(id, performance.now());
  socket.send(JSON.stringify({ t: 'say', id, text }));
}

/** Does `one` so often, at a steady rate, whether or not what it began is over. */
async function byTheClock(times: number, perSecond: number, one: (at: number) => void): Promise<void> {
  const started = performance.now();
  for (let done = 0; done < times; ) {
    const due = Math.min(times, Math.floor(((performance.now() - started) / 1_000) * perSecond) + 1);
    for (; done < due; done++) one(done);
    await pause(5);
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : round(value, 1);
}
