import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the kernel's own choices (ip_local_port_range): no connection takes one before, or while, its program starts. */
const lowest = 12_000;
const highest = 20_000;

/** A TCP port of loopback that nobody has, for a program whose address must outlive it. */
export async function freeTcpPort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      // Somebody has it.
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
