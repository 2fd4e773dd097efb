// From the panel's answer to audio both ways: a panel phone in Chromium (WebRTC) and a caller with plain RTP, each of whom
// speaks a tone all the while.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { fromMulaw, share, sine, toMulaw } from '../../contract/media/listening.ts';
import { DeskClient, type Pop } from './client.ts';
import type { SipEnds } from './sip-ends.ts';

const agentHz = 500;
const callerHz = 900;
const mostMs = 5000;

export interface AudioTimes {
  /** From the panel's `answer` until the caller hears her, and until she hears the caller, milliseconds. */
  caller: number[];
  agent: number[];
  failed: number;
}

/** The caller's end of the audio. */
class Ear {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  #hears: ((at: number) => void) | undefined;
  #remote: number | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const packet = Buffer.alloc(172);
    packet[0] = 0x80;
    let frame = 0;
    let due = performance.now();
    this.#timer = setInterval(() => {
      for (; due <= performance.now(); due += 20) {
        if (this.#remote === undefined) continue;
        packet.writeUInt16BE(frame & 0xffff, 2);
        packet.writeUInt32BE((frame * 160) >>> 0, 4);
        packet.writeUInt32BE(7, 8);
        Buffer.from(sine(callerHz, 160, frame++ * 160).map(toMulaw)).copy(packet, 12);
        socket.send(Buffer.from(packet), this.#remote, '127.0.0.1');
      }
    }, 5);
    socket.on('message', (heard) => {
      const at = performance.now();
      if (this.#hears === undefined || heard.length < 172 || ((heard[1] as number) & 0x7f) !== 0) return;
      if (share([...heard.subarray(12)].map(fromMulaw), agentHz) > 0.6) this.#hears(at);
    });
  }

  static async open(): Promise<Ear> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Ear(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  connect(description: string): void {
    this.#remote = Number(/^m=audio (\d+)/m.exec(description)?.[1]);
  }

  /** When the agent's tone comes. */
  hears(): Promise<number> {
    return new Promise((done) => {
      this.#hears = done;
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }
}

/** A short ear in the page beside that of page.js: 11 ms of samples, looked at every 4 ms. */
const listen = `new Promise((done) => {
  const ear = phone.context.createAnalyser();
  ear.fftSize = 512;
  phone.ear.connect(ear);
  const samples = new Float32Array(512);
  const began = performance.now();
  const timer = setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    const heard = samples.some((sample) => Math.abs(sample) > 0.02);
    if (!heard && performance.now() - began < ${mostMs * 2}) return;
    clearInterval(timer);
    phone.ear.disconnect(ear);
    done(heard ? performance.timeOrigin + performance.now() : undefined);
  }, 4);
})`;

export async function timeAudio(
  browser: Browser,
  { web, cookie, calls, sip, number }: { web: string; cookie: string; calls: number; sip: SipEnds; number: string },
): Promise<AudioTimes> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const client = await DeskClient.open(web, cookie);
  const times: AudioTimes = { caller: [], agent: [], failed: 0 };
  try {
    await connect(page, client);
    await client.do('ready');
    for (let i = 0; i < calls; i++) await oneCall(page, client, { sip, number, from: `0136${10_000_000 + i}` }, times);
    return times;
  } finally {
    await client.close();
    await context.close();
  }
}

async function connect(page: Page, client: DeskClient): Promise<void> {
  await page.addScriptTag({ path: join(import.meta.dirname, '..', '..', 'contract', 'webrtc', 'page.js') });
  const connected = new Promise<void>((done) => {
    client.onEvent = (name, content) => {
      if (name === 'phone' && (content as { state: string }).state === 'connected') done();
    };
  });
  const offer = await page.evaluate<string>("phone.offer('sendrecv', {})");
  const { answer } = await client.do<{ answer: string }>('phone-connect', { offer });
  await page.evaluate(`phone.answered(${JSON.stringify(answer)})`);
  await connected;
  await page.evaluate(`phone.speak(${agentHz})`);
}

async function oneCall(
  page: Page,
  client: DeskClient,
  { sip, number, from }: { sip: SipEnds; number: string; from: string },
  times: AudioTimes,
): Promise<void> {
  const ear = await Ear.open();
  try {
    const ringing = Promise.all([
      new Promise<Pop>((done) => {
        client.onPop = done;
      }),
      new Promise<void>((done) => {
        client.onEvent = (name, content) => {
          const { lines } = content as { lines?: { state: string }[] };
          if (name === 'phone' && lines?.[0]?.state === 'ringing') done();
        };
      }),
    ]);
    const { id, answered } = sip.call(number, from, ear.port);
    ear.connect(await answered);
    const [pop] = await ringing;
    const caller = ear.hears();
    const agent = page.evaluate<number | undefined>(listen);
    // A person is no faster than this; the ear in the page runs by then.
    await new Promise((done) => setTimeout(done, 300));
    const began = performance.now();
    const late = new Promise<undefined>((done) => setTimeout(done, mostMs, undefined).unref());
    await client.do('answer', { offer: pop.offer });
    const [heardByCaller, heardByAgent] = await Promise.all([
      Promise.race([caller, late]),
      Promise.race([agent, late]),
    ]);
    if (heardByCaller === undefined || heardByAgent === undefined) times.failed++;
    else {
      times.caller.push(heardByCaller - began);
      times.agent.push(heardByAgent - performance.timeOrigin - began);
    }
    const over = new Promise<void>((done) => {
      client.onEvent = (name, content) => {
        if (name === 'phone' && (content as { lines?: unknown[] }).lines?.length === 0) done();
      };
    });
    await sip.hangUp(id);
    await over;
  } finally {
    ear.close();
  }
}
