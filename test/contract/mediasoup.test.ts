// The gateway contract on mediasoup's real worker, with the edge's media engine behind it.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { startRtp } from '../../edge/rtp/index.ts';
import { LinkClient, LinkServer } from '../../link/index.ts';
import { EdgeMediaServer } from '../../media/edge/index.ts';
import { findWorkerBinary, openMediasoup } from '../../media/mediasoup/index.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { webRtcGatewayContract } from './webrtc-gateway.ts';

const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
const binary = findWorkerBinary() ?? builtWorker();
const bind = ['127.0.0.1'];

function ports(count: number): [number, number] {
  // Ports that are busy are skipped, so any range will do.
  const from = 20_000 + 2 * Math.floor(Math.random() * 12_000);
  return [from, from + count - 1];
}

if (binary === undefined) test.skip('WebRTC gateway: mediasoup (needs its worker: test/engines/mediasoup/build.sh)');
else {
  webRtcGatewayContract('mediasoup', async () => {
    const recordings = await mkdtemp(join(tmpdir(), 'recordings-'));
    const server = await LinkServer.listen({
      secret: 's',
      edge: 'edg_1',
      version: '0',
      capabilities: ['media'],
      logger,
    });
    const [from, to] = ports(400);
    const tier = await startRtp({ link: server, logger, bind, ports: { from, to }, recordings, workers: 1 });
    const link = new LinkClient({ address: server.address, secret: 's', epoch: 1, logger });
    const media = new EdgeMediaServer({ link, logger });
    link.start();
    await link.ready(5_000);
    const gateway = await openMediasoup({ binary, bind, ports: ports(400), workers: 2, consentSeconds: 3, logger });
    if (!gateway) throw new Error('the worker is there and was not found');
    return {
      gateway,
      media,
      kill: async () => {
        const before = gateway.pids;
        const away = once(gateway, 'lost');
        for (const pid of before) process.kill(pid, 'SIGKILL');
        await away;
      },
      close: async () => {
        await gateway.close();
        link.close();
        await tier.close();
        await server.close();
        await rm(recordings, { recursive: true });
      },
    };
  });
}

describe('mediasoup, without its worker', () => {
  test('there is no gateway, and the log says why', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line) => lines.push(line) });
    const options = { bind, ports: ports(100), logger: log };
    expect(await openMediasoup({ ...options, binary: '/nowhere/mediasoup-worker' })).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      level: 50,
      binary: '/nowhere/mediasoup-worker',
      msg: 'the mediasoup worker that is named cannot be run',
    });
  });
});
