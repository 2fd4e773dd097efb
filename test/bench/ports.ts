// UDP ports of loopback that nobody uses, so that benches can run side by side.
import { createSocket } from 'node:dgram';

/** Below the kernel's own choices (ip_local_port_range), which could take one between our looking and our using it. */
const lowest = 20_000;
const highest = 29_000;

/** @returns the first of `count` free ports in a row */
export async function freeUdpPorts(count = 1): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = lowest + Math.floor(Math.random() * (highest - lowest - count));
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(first + i)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} free UDP ports in a row from ${lowest} to ${highest}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    socket.once('error', () => done(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => done(true)));
  });
}
