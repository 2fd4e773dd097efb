export { digitWords, numberWords } from './numbers.ts';
export { openPrompts, type Prompts, type PromptsOptions, type RecordingProblem } from './prompts.ts';
export { levelled, speechLevel, toLineRate, trimmed } from './sound.ts';
export { vocabulary } from './vocabulary.ts';
export { isLineWav, lineRate, lineWav, readWav, type Sound } from './wav.ts';
