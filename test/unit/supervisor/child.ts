// A program for the supervisor's tests: says what it was told, and misbehaves when asked to by its configuration.
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { runUnderSupervisor } from '../../../supervisor/index.ts';

export function childProgram(program: 'edge' | 'server'): void {
  let data = '';
  runUnderSupervisor({
    socket: process.argv[2] ?? '',
    program,
    whenOrphaned:
      program === 'edge' ? { needed: () => existsSync(`${data}/edge.needed`), patienceMs: 1_000 } : 'follow',
    async prepare(configuration) {
      const { settings } = configuration as { settings: { data: string } };
      if (existsSync(`${settings.data}/${program}.unloadable`)) throw new Error('a file of the new version is missing');
      appendFileSync(`${settings.data}/${program}.life`, `${process.pid} prepared\n`);
    },
    async start(configuration) {
      const { settings, now } = configuration as { settings: { data: string }; now: number };
      data = settings.data;
      const once = `${settings.data}/${program}.die-once`;
      if (existsSync(once)) {
        rmSync(once);
        process.exit(3);
      }
      if (existsSync(`${settings.data}/${program}.fail`)) throw new Error('port 5060 is in use');
      appendFileSync(`${data}/${program}.life`, `${process.pid} started\n`);
      return { drachtioPort: 4000 + process.pid, sip: ['udp/127.0.0.1:5060'], web: [], pid: process.pid, now };
    },
    async stop() {
      if (data !== '') appendFileSync(`${data}/${program}.life`, `${process.pid} stopped\n`);
    },
  });
}
