// Entry of the gateway's thread: one gateway, driven by messages.
import { workerData } from 'node:worker_threads';
import { systemClock } from '../../values/index.ts';
import { serveThread } from '../threads/index.ts';
import { Gateway, type GatewayOptions } from './gateway.ts';

const time = {
  now: () => performance.now(),
  wall: () => systemClock.now(),
  after: (ms: number, fire: () => void) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

serveThread<never>((voice) => {
  const gateway = new Gateway(workerData as GatewayOptions, voice, time);
  return {
    handle: (name, body) => gateway.handle(name, body),
    told: () => undefined,
    close: () => gateway.close(),
  };
});
