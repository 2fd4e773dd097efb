// The API's view of the flow store and its folder.
import { hash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { oneByOne, systemClock } from '../../values/index.ts';
import { type FlowStore, flowTest, type VersionHistory } from '../flows/index.ts';
import { type CheckContext, type Checked, type FlowOutline, flowSet, Rehearsal, readFlow } from '../ivr/index.ts';
import type { Flows, Simulation, SimulationInput } from './deps.ts';
import { failed } from './errors.ts';

/** Of a simulated call: nodes that are passed, characters that are said. */
const mostVisited = 10_000;
const mostSaid = 1_000_000;

/** @param context what the flows stand among, as the store's own */
export function flowFiles(
  store: FlowStore,
  history: VersionHistory,
  folder: string,
  context: () => Omit<CheckContext, 'flows'>,
): Flows {
  /** Each save looks at what the one before wrote. */
  const inTurn = oneByOne();
  const fileOf = (flow: string) => path.join(folder, `${flow}.json`);

  /** What the checker must know of the flows beside this one. */
  async function outlines(except: string): Promise<Map<string, FlowOutline>> {
    const found = new Map<string, FlowOutline>();
    const names = (await readdir(folder)).filter((name) => /^[^.]+\.json$/.test(name));
    for (const file of names) {
      const flow = file.slice(0, -'.json'.length);
      if (flow === except) continue;
      const { outline } = readFlow(await readFile(path.join(folder, file), 'utf8'), file);
      found.set(flow, outline ?? { results: [], calls: [] });
    }
    return found;
  }

  /** As if that text were the flow's file. */
  async function read(flow: string, text: string): Promise<Checked> {
    const file = `${flow}.json`;
    const { outline } = readFlow(text, file);
    const flows = await outlines(flow);
    flows.set(flow, outline ?? { results: [], calls: [] });
    return readFlow(text, file, { ...context(), flows });
  }

  async function textOf(file: string): Promise<string | undefined> {
    try {
      return await readFile(path.join(folder, file), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  return {
    list: () => store.flows.map(({ flow, state, version, findings }) => ({ flow, state, version, findings })),
    text: (flow) => textOf(`${flow}.json`),
    tests: (flow) => textOf(`${flow}.test.json`),
    async check(flow, text) {
      const { findings, picture } = await read(flow, text);
      return { findings, picture };
    },
    save: (flow, text, by, replaces) =>
      inTurn(async () => {
        replaces?.(await textOf(`${flow}.json`));
        history.saves(hash('sha256', text), by);
        // Beside it and then over it, so that nobody ever reads half a flow.
        const fresh = path.join(folder, `.${flow}.${randomUUID()}`);
        try {
          await writeFile(fresh, text, { flush: true });
          await rename(fresh, fileOf(flow));
        } catch (error) {
          await rm(fresh, { force: true });
          throw error;
        }
        await store.reload();
      }),
    async test(flow) {
      return (await flowTest(folder, [flow], context().hours)).rows;
    },
    versions: (flow) => history.list(flow),
    version: (flow, version) => history.text(flow, version),
    async simulate(flow, text, given, inputs) {
      const current = store.current;
      const edited = text === undefined ? undefined : await read(flow, text);
      if (edited && edited.flow === undefined) {
        const errors = edited.findings.filter(({ severity }) => severity === 'error');
        throw failed['flow-has-errors']({ flow, count: errors.length, first: errors[0]?.sentence });
      }
      const others = [...current.flows.values()].filter(({ name }) => name !== edited?.flow?.name);
      const set = edited?.flow ? flowSet([...others, edited.flow], current.hours) : current;
      const language = given.language ?? set.flows.get(flow)?.languages[0] ?? 'en';
      const call = new Rehearsal(set, flow, { ...given, language }, systemClock.now());
      let refused: string | undefined;
      for (const input of inputs) {
        refused = take(call, input);
        if (tooMuch(call))
          throw failed['request-invalid']({ part: 'body', field: 'inputs', reason: 'the call is too long' });
      }
      const { last, state } = call;
      return {
        said: call.said,
        visited: call.visited,
        node: last.node,
        waitsFor: { ask: 'keys', queue: 'queue', transfer: 'transfer' }[last.do as string] ?? 'nothing',
        where: call.where(),
        variables: state.variables,
        language: state.language,
        ...(refused === undefined ? {} : { refused }),
      } as Simulation;
    },
  };
}

/** A call that never ends would keep the server from those that are real. */
function tooMuch({ visited, said }: Rehearsal): boolean {
  return visited.length > mostVisited || said.reduce((sum, { length }) => sum + length, 0) > mostSaid;
}

function take(call: Rehearsal, input: SimulationInput): string | undefined {
  if ('press' in input) return call.press(input.press);
  if ('wait' in input) return call.silence();
  if ('queue' in input) return call.leaveQueue(input.queue);
  return call.failTransfer(input.transfer);
}
