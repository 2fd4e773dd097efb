// The command line's line to the supervisor: one question, one answer.
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Settings } from '../config/index.ts';
import { failed } from './errors.ts';
import type { ToOperator } from './lifeline.ts';
import { readMessages, writeMessage } from './lines.ts';
import { runFolder } from './supervisor.ts';

/** @throws supervisor-not-running */
export function askRestart(settings: Settings, program: string): Promise<ToOperator> {
  const socket = connect(join(runFolder(settings), 'supervisor.sock'));
  return new Promise((answered, fail) => {
    const notThere = () => fail(failed['supervisor-not-running']({ data: settings.data }));
    socket.on('connect', () => writeMessage(socket, { restart: program }));
    readMessages<ToOperator>(socket, (answer) => {
      answered(answer);
      socket.end();
    });
    socket.on('error', notThere);
    socket.on('close', notThere);
  });
}
