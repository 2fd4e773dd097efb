// ready: for health checks of service managers and containers. Says nothing where all is well; exit code 1 where not.
import { connect } from 'node:net';
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
    .action(async (options: { edge?: boolean }) => {
      const settings = readSettings();
      if (options.edge) {
        if (await accepts(join(settings.data, 'run', 'edge.sock'))) return;
        throw failed['edge-not-running']({ data: settings.data });
      }
      const answer = await serverAnswers(settings);
      if (answer === undefined) throw failed['server-not-running']({ data: settings.data });
      if (!answer.ready) throw failed['cli-refused']({ reason: `Not ready: ${answer.reasons.join('; ')}.` });
    });
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(socket);
    probe.on('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.on('error', () => done(false));
  });
}
