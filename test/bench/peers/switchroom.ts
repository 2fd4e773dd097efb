// The product itself as a peer of the benches: a flow (1 s prompt → queue) with agents at fixed SIP URIs, and one like it
// for probe calls, whose agent is the prober.
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Product } from '../../product/product.ts';
import type { Peer } from '../load.ts';
import { probeSipPort } from '../probe/prober.ts';

const PROMPT_MS = 1000;

export interface SwitchroomOptions {
  /** Calls at once that an agent takes. */
  capacity: number;
  record: boolean;
  /** Default 20. */
  agents?: number;
  /** UDP ports of the agents' SIPp, as many as agents by default. With fewer, a port is the phone of several. */
  phones?: number;
  /** The first of these ports; benches that have their own can run side by side. */
  firstAgentPort?: number;
  /** UDP port of the prober's SIP; default: the fixed one. */
  probePort?: number;
  /** More settings, as environment variables. */
  env?: Record<string, string>;
}

export async function startSwitchroom({
  capacity,
  record,
  agents = 20,
  phones = agents,
  firstAgentPort = 5201,
  probePort = probeSipPort,
  env = {},
}: SwitchroomOptions): Promise<Peer & { product: Product }> {
  const agentPorts = Array.from({ length: phones }, (_, i) => firstAgentPort + i);
  const product = await Product.start({ env: { SWITCHROOM_DEMO: '0', SWITCHROOM_FLOWS: benchFlows(), ...env } });
  for (const queue of ['bench', 'probe']) {
    await product.must('PUT', `/queues/${queue}`, { wrapUpMs: 0, ringMs: 15_000, record, announceEveryMs: 0 });
  }
  const agent = async (name: string, port: number, queue: string, voice: number) => {
    await product.must('PUT', `/agents/${name}`, {
      name,
      phone: { kind: 'uri', uri: `sip:${name}@127.0.0.1:${port}` },
      queues: [queue],
      capacity: { voice },
    });
    await product.ready(name);
  };
  for (let i = 0; i < agents; i++) await agent(`agent${i + 1}`, firstAgentPort + (i % phones), 'bench', capacity);
  await agent('prober', probePort, 'probe', 100);
  await product.must('PUT', '/trunks/bench', { sources: ['127.0.0.0/8'], country: 'CN' });
  await product.must('PUT', '/dids/95500', { flow: 'bench' });
  await product.must('PUT', '/dids/95501', { flow: 'probe' });
  const [from, to] = product.settings.rtpPorts;
  return {
    product,
    name: 'switchroom',
    target: product.sip,
    service: '95500',
    probeService: '95501',
    rtpPorts: { from, to },
    agentPorts,
    agents,
    promptMs: PROMPT_MS,
    probePort,
    pids: () => ({ edge: [product.pids.edge], server: [product.pids.server] }),
    close: () => product.stop(),
  };
}

/** A folder with the flows of the load and of the probe calls, their 1 s prompt and the music. */
function benchFlows(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-bench-flows-'));
  mkdirSync(join(folder, 'prompts', 'en'), { recursive: true });
  mkdirSync(join(folder, 'prompts', 'music'), { recursive: true });
  const music = join(import.meta.dirname, '..', '..', '..', 'ivr-flows', 'prompts', 'music', 'hold-music.wav');
  copyFileSync(music, join(folder, 'prompts', 'music', 'hold-music.wav'));
  writeFileSync(join(folder, 'prompts', 'en', 'second.wav'), toneWav(PROMPT_MS));
  for (const name of ['bench', 'probe']) {
    const flow = {
      flow: name,
      languages: ['en'],
      start: 'prompt',
      error: 'end',
      nodes: {
        prompt: { type: 'say', prompt: { file: 'second' }, bargeIn: false, next: 'queue' },
        queue: { type: 'queue', queue: name, overflow: 'end', error: 'end' },
        end: { type: 'hangup' },
      },
    };
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(flow));
  }
  return folder;
}

/** 440 Hz, 8 kHz mono 16-bit. */
function toneWav(ms: number): Buffer {
  const samples = 8 * ms;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8000, 24);
  wav.writeUInt32LE(16_000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i++)
    wav.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 8000)), 44 + i * 2);
  return wav;
}
