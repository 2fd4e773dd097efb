// The sound of an offer, made by WebAudio: two soft notes, repeated while it waits.
let context: AudioContext | undefined;
let ringDevice: string | undefined;
/** Where `context` was last told to ring. */
let chosen: string | undefined;

interface SinkContext extends AudioContext {
  setSinkId(device: string): Promise<void>;
}

/** Browsers let a page sound only after the agent has touched it: to be called on her first click or key. */
export function allowSound(): void {
  if (context === undefined) {
    context = new AudioContext();
    choose(context);
  }
  if (context.state === 'suspended') void context.resume();
}

/** Rings on that device from now on; undefined: the system's own. Browsers without the choice ring there anyhow. */
export function ringOn(device: string | undefined): void {
  ringDevice = device;
  if (context !== undefined) choose(context);
}

function choose(audio: AudioContext): void {
  if (ringDevice === chosen || !('setSinkId' in audio)) return;
  const device = ringDevice;
  chosen = device;
  (audio as SinkContext).setSinkId(device ?? '').catch(() => {
    // It is not there: the system's own rings, and what rings next tries again.
    if (chosen !== device || device === undefined) return;
    chosen = undefined;
    (audio as SinkContext).setSinkId('').catch(() => undefined);
  });
}

/** Rings until the returned function is called. */
export function startRinging(everyMs = 2_600): () => void {
  if (context !== undefined) {
    choose(context);
    // The device under it was pulled out and put in again.
    if (context.state === 'suspended') void context.resume();
  }
  chime();
  const timer = setInterval(chime, everyMs);
  return () => clearInterval(timer);
}

function chime(): void {
  if (context?.state !== 'running') return;
  note(context, 659.25, context.currentTime);
  note(context, 880, context.currentTime + 0.18);
}

/** Once: a queue got into alarm. Lower than an offer's ring, so that nobody mistakes it for one. */
export function soundAlarm(): void {
  if (context?.state !== 'running') return;
  for (const at of [0, 0.22, 0.44]) note(context, 392, context.currentTime + at);
}

function note(audio: AudioContext, frequency: number, at: number): void {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = 'sine';
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.16, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.7);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.75);
}
