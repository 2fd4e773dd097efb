// The prober: both ends of the probe calls in one process, so that one monotonic clock stamps and reads every packet.
import { constants, setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Line } from './line.ts';
import type { FromProber, ProbeSetup, ToProber } from './messages.ts';
import { SipPhone } from './sip-phone.ts';
import { Tally } from './tally.ts';

const frameMs = 20;
/** Packets that take longer than this are lost. */
const drainMs = 500;
const connectMs = 15_000;

const lines: Line[] = [];
let phone: SipPhone | undefined;
let window = 0;

// What is measured is the relay, so the meter must not wait for a processor. Only root may ask for this.
try {
  setPriority(constants.priority.PRIORITY_HIGHEST);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
}

function say(message: FromProber): void {
  process.send?.(message);
}

async function connect({ calls, sipPort, through }: ProbeSetup): Promise<void> {
  for (let i = 0; i < calls * 2; i++) lines.push(await Line.open(i));
  const callers = lines.slice(0, calls);
  const agents = lines.slice(calls);
  beginSending();
  if (through === undefined) {
    for (const [i, caller] of callers.entries()) {
      const agent = agents[i] as Line;
      await caller.connect(agent.port);
      await agent.connect(caller.port);
    }
  } else {
    let rung = 0;
    phone = await SipPhone.open(sipPort, through, () => {
      const line = agents[rung++];
      if (!line) throw new Error('more calls came to the agent than were placed');
      return line;
    });
    for (const caller of callers) await phone.call(through.service, caller);
  }
  const until = performance.now() + connectMs;
  while (lines.some((line) => line.heard < 10)) {
    if (performance.now() > until) {
      const deaf = lines.filter((line) => line.heard < 10).length;
      throw new Error(`${deaf} of ${lines.length} ends hear nothing of each other`);
    }
    await pause(50);
  }
}

/** One packet per line in 20 ms, the lines spread over it: bursts of the meter's own would be delay of its own. */
function beginSending(): void {
  const origin = performance.now();
  const next = lines.map((_, i) => origin + (i * frameMs) / lines.length);
  const tick = () => {
    const now = performance.now();
    for (let i = 0; i < next.length; i++) {
      if (now < (next[i] as number)) continue;
      (lines[i] as Line).send();
      next[i] = (next[i] as number) + frameMs;
    }
  };
  setInterval(tick, 1);
}

async function measure(ms: number): Promise<void> {
  window = (window % 255) + 1;
  const tally = new Tally();
  for (const line of lines) line.measure(window, tally);
  await pause(ms);
  for (const line of lines) line.pause();
  await pause(drainMs);
  say({ measured: tally.result() });
}

async function end(): Promise<void> {
  await phone?.hangUp();
  for (const line of lines) line.close();
  process.exit(0);
}

process.on('message', (message: ToProber) => {
  const failed = (error: Error) => say({ failed: error.message });
  if (message.do === 'connect') connect(message.setup).then(() => say({ connected: true }), failed);
  else if (message.do === 'measure') measure(message.ms).catch(failed);
  else void end();
});
process.on('disconnect', () => process.exit(1));
