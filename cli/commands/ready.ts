// ready: for health checks of service managers and containers. Says nothing where all is well; exit code 1 where not.
import { connect, type NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readSettings } from '../../config/index.ts';
import { serverAnswers } from '../connection.ts';
import { failed } from '../errors.ts';

export function addReadyCommand(switchroom: Command): void {
  switchroom
    .command('ready')
    .description('whether calls can come in (exit code 0), for health checks')
    .option('--edge', 'whether the edge on this data runs')
    .option('--sidecar', 'whether the sidecar of these settings listens')
    .option('--cloud', 'whether the cloud program of these settings listens')
    .action(async (options: { edge?: boolean; sidecar?: boolean; cloud?: boolean }) => {
      const settings = readSettings();
      if (options.edge) {
        if (await accepts({ path: join(settings.data, 'run', 'edge.sock') })) return;
        throw failed['edge-not-running']({ data: settings.data });
      }
      if (options.sidecar) {
        const { port } = settings.sidecar;
        for (const host of settings.bind) if (await accepts({ host, port })) return;
        throw failed['cli-refused']({ reason: `No sidecar listens on port ${port} of ${settings.bind.join(', ')}.` });
      }
      if (options.cloud) {
        if (!settings.cloud) throw failed['cloud-not-configured']();
        const { bind, port } = settings.cloud;
        for (const host of bind) if (await accepts({ host, port })) return;
        throw failed['cli-refused']({ reason: `No cloud program listens on port ${port} of ${bind.join(', ')}.` });
      }
      const answer = await serverAnswers(settings);
      if (answer === undefined) throw failed['server-not-running']({ data: settings.data });
      if (!answer.ready) throw failed['cli-refused']({ reason: `Not ready: ${answer.reasons.join('; ')}.` });
    });
}

function accepts(place: NetConnectOpts): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(place);
    probe.on('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.on('error', () => done(false));
  });
}
