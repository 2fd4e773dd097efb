// The API's view of the flow store and its folder.
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type FlowStore, flowTest } from '../flows/index.ts';
import { type CheckContext, checkFlow, type FlowOutline, readFlow } from '../ivr/index.ts';
import type { Flows } from './deps.ts';

/** @param context what the flows stand among, as the store's own */
export function flowFiles(store: FlowStore, folder: string, context: () => Omit<CheckContext, 'flows'>): Flows {
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

  return {
    list: () => store.flows.map(({ flow, state, version, findings }) => ({ flow, state, version, findings })),
    async text(flow) {
      try {
        return await readFile(fileOf(flow), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async check(flow, text) {
      const file = `${flow}.json`;
      const { outline } = readFlow(text, file);
      const flows = await outlines(flow);
      flows.set(flow, outline ?? { results: [], calls: [] });
      return checkFlow(text, file, { ...context(), flows });
    },
    async save(flow, text) {
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
    },
    async test(flow) {
      return (await flowTest(folder, [flow])).rows;
    },
  };
}
