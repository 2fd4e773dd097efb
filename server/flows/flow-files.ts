// The flows for the API: the files as they are written, checked before they are saved, saved whole or not at all.
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type CheckContext,
  type Finding,
  type FlowOutline,
  type FlowTestResult,
  readFlow,
  readFlowTests,
  runFlowTests,
} from '../ivr/index.ts';
import { flowErrors } from './errors.ts';
import type { FlowStatus, FlowStore } from './flow-store.ts';
import { readFolder } from './folder.ts';

/** Also keeps a name from leaving the folder. */
const nameShape = /^[a-z0-9][a-z0-9-]{0,63}$/i;

export class FlowFiles {
  readonly #folder: string;
  readonly #store: FlowStore;
  readonly #context: () => Omit<CheckContext, 'flows'>;

  constructor(folder: string, store: FlowStore, context: () => Omit<CheckContext, 'flows'>) {
    this.#folder = folder;
    this.#store = store;
    this.#context = context;
  }

  list(): readonly FlowStatus[] {
    return this.#store.flows;
  }

  async text(flow: string): Promise<string | undefined> {
    const file = this.#file(flow);
    return existsSync(file) ? readFile(file, 'utf8') : undefined;
  }

  /** What the checker says of a text, in sight of the other flows on disk. */
  async check(flow: string, text: string): Promise<readonly Finding[]> {
    const name = path.basename(this.#file(flow));
    const flows = new Map<string, FlowOutline>();
    for (const one of await readFolder(this.#folder, this.#context())) {
      if (one.outline) flows.set(one.outline.name, one.outline);
    }
    const { outline } = readFlow(text, name);
    if (outline) flows.set(outline.name, outline);
    return readFlow(text, name, { ...this.#context(), flows }).findings;
  }

  /** Writes beside the file and renames, so that nobody ever reads half of it; then loads it. */
  async save(flow: string, text: string): Promise<void> {
    const file = this.#file(flow);
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    await this.#store.reload();
  }

  /** The tests beside the flow, on the flows in use. @throws flow-tests-missing, flow-tests-invalid */
  async test(flow: string): Promise<readonly FlowTestResult[]> {
    const file = this.#file(flow).replace(/\.json$/, '.test.json');
    if (!existsSync(file)) throw flowErrors['flow-tests-missing']({ flow });
    const { tests, findings } = readFlowTests(await readFile(file, 'utf8'), path.basename(file));
    if (!tests) throw flowErrors['flow-tests-invalid']({ flow, reason: findings[0]?.sentence });
    return runFlowTests(this.#store.current, tests);
  }

  #file(flow: string): string {
    if (!nameShape.test(flow)) throw flowErrors['flow-name-invalid']({ flow });
    return path.join(this.#folder, `${flow}.json`);
  }
}
