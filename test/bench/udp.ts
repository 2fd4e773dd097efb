// What the kernel counts about UDP (proc(5)): no program on the path can hide a packet from it.
import { readFileSync } from 'node:fs';

/** Datagrams that were sent on this machine since it started. */
export function datagramsSent(): number {
  const [head = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'));
  return Number(values.split(/\s+/)[head.split(/\s+/).indexOf('OutDatagrams')]);
}

/** Datagrams that were dropped as they came, since their receiver's buffer was full: IPv4 ports of a range, sockets open now. */
export function datagramsDropped({ from, to }: { from: number; to: number }): number {
  let drops = 0;
  for (const line of readFileSync('/proc/net/udp', 'utf8').split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
    if (port >= from && port <= to) drops += Number(fields.at(-1));
  }
  return drops;
}
