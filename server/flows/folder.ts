// A folder of flows as it stands on disk: *.json are flows, *.test.json their tests, *.schema.json for editors.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type CheckContext, type Checked, type FlowOutline, readFlow } from '../ivr/index.ts';

export interface FlowFile extends Checked {
  /** Name in the folder. */
  file: string;
  text: string;
}

/**
 * Reads and checks all flows of a folder, each in sight of the others.
 * @throws the file system's error where the folder cannot be read
 */
export async function readFolder(folder: string, context: Omit<CheckContext, 'flows'>): Promise<FlowFile[]> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.json') && !/\.(test|schema)\.json$/.test(name))
    .sort();
  const texts = await Promise.all(
    names.map(async (file) => ({ file, text: await readFile(path.join(folder, file), 'utf8') })),
  );
  const flows = new Map<string, FlowOutline>();
  for (const { file, text } of texts) {
    // A file that is broken today still counts as there: those that call it must not be refused for it.
    const { outline } = readFlow(text, file);
    flows.set(outline?.name ?? file.slice(0, -'.json'.length), outline ?? { results: [], calls: [] });
  }
  return texts.map(({ file, text }) => ({ file, text, ...readFlow(text, file, { ...context, flows }) }));
}

/** The tests that stand beside the flows: file name and text. */
export async function readTests(folder: string): Promise<{ file: string; text: string }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.test.json')).sort();
  return Promise.all(names.map(async (file) => ({ file, text: await readFile(path.join(folder, file), 'utf8') })));
}

/** What can be said of recordings without a server: whether the files are there. */
export function recordingsOf(folder: string): Pick<CheckContext, 'hasRecording' | 'hasMusic'> {
  return {
    hasRecording: (file, language) => existsSync(path.join(folder, 'prompts', language, `${file}.wav`)),
    hasMusic: (file) => existsSync(path.join(folder, 'prompts', 'music', `${file}.wav`)),
  };
}
