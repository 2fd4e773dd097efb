// A folder of moments as it stands on disk: *.json are moments, *.test.json their tests, *.schema.json for editors.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Finding } from '../ivr/index.ts';
import { type MomentContext, readMoment } from './check.ts';
import type { UsedMoment } from './evaluate.ts';

export interface MomentFile {
  file: string;
  name: string;
  text: string;
  findings: Finding[];
  used?: UsedMoment | undefined;
}

/** @throws the file system's error where the folder cannot be read */
export async function readMoments(folder: string, context: MomentContext = {}): Promise<MomentFile[]> {
  const texts = await readAll(folder, (name) => name.endsWith('.json') && !/\.(test|schema)\.json$/.test(name));
  return texts.map(({ file, text }) => ({
    file,
    name: path.basename(file, '.json'),
    text,
    ...readMoment(text, file, context),
  }));
}

export function readTests(folder: string): Promise<{ file: string; text: string }[]> {
  return readAll(folder, (name) => name.endsWith('.test.json'));
}

async function readAll(folder: string, wanted: (name: string) => boolean): Promise<{ file: string; text: string }[]> {
  const names = (await readdir(folder)).filter(wanted).sort();
  return Promise.all(names.map(async (file) => ({ file, text: await readFile(path.join(folder, file), 'utf8') })));
}
