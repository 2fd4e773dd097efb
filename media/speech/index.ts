export { type EspeakOptions, openEspeak } from './espeak.ts';
export { languageOf, type SpeechEngine } from './speech-engine.ts';
