// Many web chats open at once on one sidecar, each with a message every ten seconds: how long from the visitor's socket through
// the sidecar's inbox, the server, its journal, to a program that follows the server's events, as an agent's panel does.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Product } from '../../product/product.ts';
import { Meter, residentMb } from '../meter.ts';
import { percentile, round } from '../report.ts';
import { Received } from './received.ts';

export interface WebchatFigures {
  open: number;
  messages: number;
  received: number;
  /** Visitor's socket → acknowledgement there, ms: it is in the inbox. */
  ack: { p50: number | undefined; p99: number | undefined };
  /** Visitor's socket → read from the server's events, ms. */
  toServer: { p50: number | undefined; p99: number | undefined };
  /** Of the sidecar, by what its memory grew; and of the server. */
  sidecarKbPerConversation: number;
  serverKbPerConversation: number;
  sidecarCores: number;
  serverCores: number;
  /** What other programs used meanwhile, cores. */
  others: number;
}

const everyMs = 10_000;
/** Sockets that are opened at the same time. */
const atOnce = 50;

export async function measureWebchat(conversations: number, seconds: number): Promise<WebchatFigures> {
  const limits = { sockets: conversations + 100, socketsPerNetwork: conversations, messagesPerSecond: 10 };
  const product = await Product.start({ channels: { web: { kind: 'webchat', settings: { limits } } } });
  const sockets: WebSocket[] = [];
  const sentAt = new Map<string, number>();
  const acks: number[] = [];
  const arrivals: number[] = [];
  let received: Received | undefined;
  try {
    await product.must('PUT', '/channels/web', { kind: 'webchat', channel: 'chat', to: { queue: 'service' } });
    const { pids } = product;
    const before = { sidecar: residentMb(pids.sidecar), server: residentMb(pids.server) };
    for (let at = 0; at < conversations; at += atOnce) {
      const some = Array.from({ length: Math.min(atOnce, conversations - at) }, (_, more) => visitor(at + more));
      sockets.push(...(await Promise.all(some)));
    }
    received = new Received(product, (text, at) => {
      const began = sentAt.get(text);
      if (began !== undefined) arrivals.push(at - began);
    });
    const meter = new Meter({ sidecar: [pids.sidecar], server: [pids.server], bench: [process.pid] });
    const rounds = Math.max(1, Math.round((seconds * 1000) / everyMs));
    const started = performance.now();
    let messages = 0;
    // One loop for all: every millisecond's share of them speaks.
    for (const wanted = rounds * conversations; messages < wanted; ) {
      const due = Math.min(wanted, Math.floor(((performance.now() - started) / everyMs) * conversations));
      for (; messages < due; messages++) say(sockets[messages % conversations] as WebSocket, messages);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const end = performance.now() + 30_000;
    while (arrivals.length < messages && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const reading = meter.read();
    return {
      open: sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length,
      messages,
      received: arrivals.length,
      ack: { p50: rounded(percentile(acks, 0.5)), p99: rounded(percentile(acks, 0.99)) },
      toServer: { p50: rounded(percentile(arrivals, 0.5)), p99: rounded(percentile(arrivals, 0.99)) },
      sidecarKbPerConversation: round(((residentMb(pids.sidecar) - before.sidecar) * 1024) / conversations),
      serverKbPerConversation: round(((residentMb(pids.server) - before.server) * 1024) / conversations),
      sidecarCores: round((reading.cpu.sidecar ?? 0) / reading.seconds),
      serverCores: round((reading.cpu.server ?? 0) / reading.seconds),
      others: round(reading.others),
    };
  } finally {
    received?.close();
    for (const socket of sockets) socket.terminate();
    await product.stop();
  }

  function say(socket: WebSocket, at: number): void {
    const text = `message ${at}`;
    sentAt.set(text, performance.now());
    socket.send(JSON.stringify({ t: 'say', id: `m${at}`, text }));
  }

  async function visitor(at: number): Promise<WebSocket> {
    const url = new URL(product.sidecar);
    const socket = new WebSocket(`ws://${url.host}/chat/web/socket`, {
      origin: product.sidecar,
      perMessageDeflate: false,
      // Addresses of loopback: one address alone would meet the limit of the rate of requests.
      localAddress: `127.0.${1 + Math.floor(at / 200)}.${1 + (at % 200)}`,
    });
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { t: string; id?: string };
      if (message.t !== 'ack') return;
      const began = sentAt.get(`message ${message.id?.slice(1)}`);
      if (began !== undefined) acks.push(performance.now() - began);
    });
    await once(socket, 'open');
    socket.send('{"t":"hello"}');
    await once(socket, 'message');
    return socket;
  }
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : round(value, 1);
}
