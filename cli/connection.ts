// How the command line reaches the product: the running server's local socket; where no server runs, the same API on the
// database itself, opened for this one command.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, type Settings } from '../config/index.ts';
import { failed } from './errors.ts';

/** The API under /api/v1, as an administrator. */
export interface Connection {
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body?: unknown): Promise<Answer>;
  put<Answer>(path: string, body: unknown): Promise<Answer>;
  remove(path: string): Promise<void>;
}

/**
 * Runs `work` against the running server, or on the database where none runs.
 * @throws cli-refused with the API's own sentence, server-unreachable
 */
export async function withConnection<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
  const settings = readSettings();
  const socket = socketOf(settings);
  if (await answers(socket)) return work(over(socket));
  // Only here: it loads the whole server.
  const { openOfflineApi } = await import('../server/index.ts');
  const offline = await openOfflineApi(settings);
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-'));
  const path = join(folder, 'cli.sock');
  const http = createServer(offline.api);
  await new Promise<void>((done, fail) => {
    http.once('error', fail);
    http.listen(path, done);
  });
  try {
    return await work(over(path));
  } finally {
    http.close();
    http.closeAllConnections();
    rmSync(folder, { recursive: true });
    await offline.close();
  }
}

/** What only a running server can tell. @throws server-not-running */
export async function withRunningServer<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
  const settings = readSettings();
  const socket = socketOf(settings);
  if (!(await answers(socket))) throw failed['server-not-running']({ data: settings.data });
  return work(over(socket));
}

/**
 * Has the running server put into the audit log what is done beside it; without one there is nothing to be noted in. What is to be
 * done does not wait for a server that cannot answer: that is said.
 */
export async function noteCommand(command: string): Promise<void> {
  const socket = socketOf(readSettings());
  try {
    if (await answers(socket)) await over(socket).put('/audit/commands', { command });
  } catch (error) {
    process.stderr.write(`This is not in the audit log: ${(error as Error).message}\n`);
  }
}

/** Whether a server runs on this data, and what it says of itself. */
export async function serverAnswers(settings: Settings): Promise<{ ready: boolean; reasons: string[] } | undefined> {
  const socket = socketOf(settings);
  if (!(await answers(socket))) return undefined;
  return JSON.parse((await send(socket, 'GET', '/ready')).text) as { ready: boolean; reasons: string[] };
}

/** What the running sidecar says or does. @throws sidecar-not-running, cli-refused */
export async function askSidecar<Answer>(method: string, path: string): Promise<Answer> {
  const { data } = readSettings();
  const socket = join(data, 'run', 'sidecar.sock');
  if (!(await answers(socket))) throw failed['sidecar-not-running']({ data });
  const { status, text } = await send(socket, method, path);
  const answer = JSON.parse(text) as Answer & { message?: string };
  if (status >= 400) throw failed['cli-refused']({ reason: answer.message ?? `status ${status}` });
  return answer;
}

function socketOf(settings: Settings): string {
  return join(settings.data, 'run', 'server.sock');
}

function answers(socket: string): Promise<boolean> {
  if (!existsSync(socket)) return Promise.resolve(false);
  return new Promise((done) => {
    const probe = connect(socket);
    probe.on('connect', () => {
      probe.destroy();
      done(true);
    });
    // A socket file without a server behind it is what a crash leaves: nobody answers.
    probe.on('error', () => done(false));
  });
}

interface Refusal {
  message?: string;
  field?: string;
  details?: { problems?: { line: number; field?: string; reason: string }[] };
}

function over(socket: string): Connection {
  const ask = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const { status, text } = await send(socket, method, `/api/v1${path}`, body);
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    if (status < 400) return answer as Answer;
    const { message = `status ${status}`, field, details } = (answer ?? {}) as Refusal;
    const lines = (details?.problems ?? []).map((one) => `\n  line ${one.line}: ${one.field ?? ''} ${one.reason}`);
    throw failed['cli-refused']({
      reason: `${field === undefined ? message : `${message} (${field})`}${lines.join('')}`,
    });
  };
  return {
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body ?? {}),
    put: (path, body) => ask('PUT', path, body),
    remove: (path) => ask('DELETE', path),
  };
}

/** How long an answer may take. What makes hundreds of passwords, or applies rules to a year, takes minutes; passwords are told once. */
const usualMs = 15_000;
const longestMs = 600_000;

function send(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const timeout = method === 'POST' ? longestMs : usualMs;
    const asked = request({ socketPath, method, path, headers, timeout }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, text }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${timeout / 1_000} s`)));
    asked.on('error', (error) => fail(failed['server-unreachable']({ reason: error.message }, { cause: error })));
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
