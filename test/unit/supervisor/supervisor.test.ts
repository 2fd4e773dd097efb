import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSettings } from '../../../config/index.ts';
import { Supervisor } from '../../../supervisor/index.ts';
import { Program } from '../../../supervisor/program.ts';
import { systemClock } from '../../../values/index.ts';

const here = dirname(fileURLToPath(import.meta.url));
const mains = { edge: join(here, 'edge-child.ts'), server: join(here, 'server-child.ts') };

let data: string;
let running: Supervisor | undefined;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sw-'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(data, { recursive: true, force: true });
});

const settings = () => readSettings({ SWITCHROOM_DATA: data }, data);
const pidOf = (ready: unknown) => (ready as { pid: number }).pid;

describe('supervisor', () => {
  it('starts edge and server, and stops them in order', async () => {
    const started = await Supervisor.start(settings(), { mains });
    running = started.supervisor;
    const [edge, server] = [pidOf(started.edge), pidOf(started.server)];
    const order: string[] = [];
    running.edge.once('stopped', () => order.push('edge'));
    running.server.once('stopped', () => order.push('server'));
    await running.stop();
    expect(order).toEqual(['server', 'edge']);
    for (const pid of [edge, server]) expect(() => process.kill(pid, 0)).toThrow();
  });

  it('refuses a second start on the same data', async () => {
    running = (await Supervisor.start(settings(), { mains })).supervisor;
    await expect(Supervisor.start(settings(), { mains })).rejects.toMatchObject({ code: 'already-running' });
  });

  it("says a program's own sentence when it cannot start", async () => {
    writeFileSync(join(data, 'edge.fail'), '');
    await expect(Supervisor.start(settings(), { mains })).rejects.toThrow(
      'The edge did not start: port 5060 is in use',
    );
  });

  it('starts a killed server again and leaves the edge alone', async () => {
    const started = await Supervisor.start(settings(), { mains });
    running = started.supervisor;
    const again = once(running.server, 'ready');
    const restarted = once(running, 'restarted');
    process.kill(pidOf(started.server), 'SIGKILL');
    expect((await restarted)[0]).toBe('server');
    const [info] = await again;
    expect(pidOf(info)).not.toBe(pidOf(started.server));
    expect(running.edge.pid).toBe(pidOf(started.edge));
  });

  it('a program that is started again goes on by our time, not by what the machine says by then', async () => {
    const started = await Supervisor.start(settings(), { mains });
    running = started.supervisor;
    const again = once(running.server, 'ready');
    const set = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    try {
      process.kill(pidOf(started.server), 'SIGKILL');
      const [info] = await again;
      expect(Math.abs((info as { now: number }).now - systemClock.now())).toBeLessThan(60_000);
    } finally {
      set.mockRestore();
    }
  });

  it('kills and replaces a server that hangs', async () => {
    const started = await Supervisor.start(settings(), { mains });
    running = started.supervisor;
    const again = once(running.server, 'ready');
    process.kill(pidOf(started.server), 'SIGSTOP');
    const [info] = await again;
    expect(pidOf(info)).not.toBe(pidOf(started.server));
  });

  it('a planned restart: the next server has loaded its code before the one before it stops', async () => {
    const started = await Supervisor.start(settings(), { mains });
    running = started.supervisor;
    const before = pidOf(started.server);
    expect(await running.restart('server')).toBeGreaterThanOrEqual(0);
    const next = running.server.pid;
    expect(next).not.toBe(before);
    expect(lifeOfServers()).toEqual([`${before} started`, `${next} prepared`, `${before} stopped`, `${next} started`]);
    // It is watched as any other: killed, it is started again.
    const again = once(running.server, 'ready');
    process.kill(next ?? 0, 'SIGKILL');
    const [info] = await again;
    expect(pidOf(info)).not.toBe(next);
    expect(running.server.state).toBe('running');
  });

  it('a planned restart with code that cannot be loaded leaves the server that there is', async () => {
    const started = await Supervisor.start(settings(), { mains });
    running = started.supervisor;
    const before = pidOf(started.server);
    writeFileSync(join(data, 'server.unloadable'), '');
    await expect(running.restart('server')).rejects.toMatchObject({ code: 'program-failed' });
    expect(running.server.pid).toBe(before);
    expect(running.server.state).toBe('running');
    expect(lifeOfServers()).toEqual([`${before} started`]);
    rmSync(join(data, 'server.unloadable'));
    await running.restart('server');
    expect(running.server.pid).not.toBe(before);
  });

  it.each(['stop', 'start'] as const)(
    'stops everything, also where a planned restart has come to its %s',
    async (step) => {
      const { supervisor } = await Supervisor.start(settings(), { mains });
      running = supervisor;
      const { server, edge } = supervisor;
      let everything: Promise<void> | undefined;
      const does = server[step].bind(server) as (...all: unknown[]) => void;
      vi.spyOn(server, step).mockImplementationOnce((...all: unknown[]) => {
        does(...all);
        everything = supervisor.stop();
      });
      await expect(supervisor.restart('server')).rejects.toMatchObject({ code: 'program-failed' });
      await everything;
      running = undefined;
      expect([server.state, edge.state]).toEqual(['stopped', 'stopped']);
      const lives = lifeOfServers().map((line) => Number(line.split(' ')[0]));
      for (const pid of new Set(lives)) await until(() => !alive(pid));
    },
  );

  it('goes on where it cannot write down where the server listens', async () => {
    // As on a full disk: a new file cannot be made.
    mkdirSync(join(data, 'run', 'server.json.coming'), { recursive: true });
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const started = await Supervisor.start(settings(), { mains });
      running = started.supervisor;
      expect(running.server.state).toBe('running');
      expect(said).toHaveBeenCalledWith(expect.stringContaining('server.json could not be written'));
    } finally {
      said.mockRestore();
    }
  });

  it('an edge of an earlier start that is gone when it is ended does not keep this one from starting', async () => {
    const survivor = vi.spyOn(Program.prototype, 'survivor').mockReturnValue(await pidOfNobody());
    try {
      // It never calls: it would be killed, and is replaced.
      const started = await Supervisor.start(settings(), { mains });
      running = started.supervisor;
      expect([started.attached, running.edge.state]).toEqual([false, 'running']);
      await running.stop();
      // Other engines do all of an edge's work: it is only ended.
      const env = {
        SWITCHROOM_DATA: data,
        SWITCHROOM_DRACHTIO_HOSTS: '127.0.0.1:9022',
        SWITCHROOM_DRACHTIO_SECRET: 'x',
      };
      const withoutEdge = readSettings({ ...env, SWITCHROOM_MEDIA: 'asterisk', SWITCHROOM_ASTERISK_SECRET: 'x' }, data);
      running = (await Supervisor.start(withoutEdge, { mains })).supervisor;
      expect([running.edge.state, running.server.state]).toEqual(['stopped', 'running']);
    } finally {
      survivor.mockRestore();
    }
  });

  it('a server that stands by takes over from a killed one, and another one stands by then', async () => {
    const withStandby = readSettings({ SWITCHROOM_DATA: data, SWITCHROOM_STANDBY: '1' }, data);
    const started = await Supervisor.start(withStandby, { mains });
    running = started.supervisor;
    const first = pidOf(started.server);
    const prepared = () => lifeOfServers().filter((line) => line.endsWith('prepared'));
    await until(() => prepared().length === 1);
    const again = once(running.server, 'ready');
    process.kill(first, 'SIGKILL');
    const [info] = await again;
    expect(`${pidOf(info)} prepared`).toBe(prepared()[0]);
    await until(() => prepared().length === 2);
    expect(running.server.pid).toBe(pidOf(info));
    await running.stop();
    running = undefined;
    for (const line of prepared()) {
      const pid = Number(line.split(' ')[0]);
      await until(() => !alive(pid));
    }
  });

  it('takes over an edge that outlived its supervisor', async () => {
    writeFileSync(join(data, 'edge.needed'), '');
    const before = await orphans();

    const started = await Supervisor.start(settings(), { mains });
    running = started.supervisor;
    expect(started.attached).toBe(true);
    expect(pidOf(started.edge)).toBe(before.edge);
    expect(pidOf(started.server)).not.toBe(before.server);
  });

  it('an edge that outlived its supervisor leaves when nobody needs it any more', async () => {
    writeFileSync(join(data, 'edge.needed'), '');
    const { edge, server } = await orphans();
    await until(() => !alive(server));
    expect(alive(edge)).toBe(true);
    rmSync(join(data, 'edge.needed'));
    await until(() => !alive(edge));
  });
});

/** What the servers' processes noted, in order. */
function lifeOfServers(): string[] {
  return readFileSync(join(data, 'server.life'), 'utf8').trim().split('\n');
}

/** A supervisor is started in a process of its own and killed. */
async function orphans(): Promise<{ edge: number; server: number }> {
  const script = `
    import { Supervisor } from ${JSON.stringify(join(here, '../../../supervisor/index.ts'))};
    import { readSettings } from ${JSON.stringify(join(here, '../../../config/index.ts'))};
    const data = ${JSON.stringify(data)};
    const started = await Supervisor.start(readSettings({ SWITCHROOM_DATA: data }, data), { mains: ${JSON.stringify(mains)} });
    console.log(JSON.stringify({ edge: started.edge.pid, server: started.server.pid }));`;
  const first = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: first.stdout }), 'line')) as [string];
  first.kill('SIGKILL');
  await once(first, 'exit');
  return JSON.parse(line) as { edge: number; server: number };
}

async function pidOfNobody(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('never came true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
