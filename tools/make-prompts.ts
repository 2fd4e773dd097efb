// Makes the shipped recordings from their texts: `node tools/make-prompts.ts [en|zh]`. Needs flite (English) and espeak-ng
// (Chinese), Debian packages of those names; nothing else in the product does. The texts stand in
// media/prompts/vocabulary.ts and, with their `file`, in ivr-flows/*.json.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { levelled, lineWav, readWav, speechLevel, toLineRate, trimmed, vocabulary } from '../media/prompts/index.ts';
import { languageOf, openEspeak } from '../media/speech/index.ts';
import { flowSet, promptsOf, readFlow } from '../server/ivr/index.ts';
import type { Language } from '../values/index.ts';

const run = promisify(execFile);
const flows = path.join(import.meta.dirname, '../ivr-flows');

const scratch = await mkdtemp(path.join(tmpdir(), 'prompts-'));
const espeak = await openEspeak();
// A word alone is spoken more slowly than in a sentence.
const slow = await openEspeak({ speed: { zh: 165 } });
if (!espeak || !slow) throw new Error('espeak-ng is not installed: apt install espeak-ng flite');

/** A WAV of any rate. */
async function speech(text: string, language: Language): Promise<Buffer> {
  if (language === 'zh') return (text.length <= 3 ? slow! : espeak!).speak(text, language);
  const file = path.join(scratch, 'speech.wav');
  await run('flite', ['-voice', 'slt', '--setf', 'duration_stretch=1.05', '-t', text, '-o', file]);
  return readFile(file);
}

/** Every recording that should be there: its language, name and text. */
async function wanted(): Promise<{ language: Language; name: string; text: string }[]> {
  const all = new Map<string, { language: Language; name: string; text: string }>();
  for (const language of ['en', 'zh'] as const) {
    for (const [name, text] of Object.entries(vocabulary[language]))
      all.set(`${language}/${name}`, { language, name, text });
  }
  for (const file of (await readdir(flows)).filter((each) => /^[^.]+\.json$/.test(each))) {
    const { flow } = readFlow(await readFile(path.join(flows, file), 'utf8'), file);
    if (!flow) continue;
    for (const prompt of promptsOf(flowSet([flow]).flows.get(flow.name)!)) {
      if (prompt.say !== 'text' || prompt.file === undefined) continue;
      all.set(`${prompt.language}/${prompt.file}`, { language: prompt.language, name: prompt.file, text: prompt.text });
    }
  }
  return [...all.values()];
}

const only = process.argv[2];
let bytes = 0;
let seconds = 0;
try {
  const list = (await wanted()).filter((each) => only === undefined || each.language === only);
  for (const { language, name, text } of list) {
    const raw = await speech(text, languageOf(text, language));
    // Words that others follow get a short tail, sentences a longer one.
    const samples = levelled(trimmed(await toLineRate(readWav(raw, name)), /[.。]$/.test(text) ? 150 : 40));
    const level = 20 * Math.log10(speechLevel(samples));
    const wav = lineWav(samples);
    const file = path.join(flows, 'prompts', language, `${name}.wav`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, wav);
    bytes += wav.length;
    seconds += samples.length / 8000;
    process.stdout.write(
      `${language}/${name}  ${(samples.length / 8000).toFixed(2)} s  ${level.toFixed(1)} dBFS  ${text}\n`,
    );
  }
  process.stdout.write(`${list.length} recordings, ${seconds.toFixed(0)} s, ${(bytes / 1e6).toFixed(2)} MB\n`);
} finally {
  await rm(scratch, { recursive: true });
}
