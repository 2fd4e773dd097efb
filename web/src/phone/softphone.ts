// The phone in this page: one RTCPeerConnection for the whole shift, so that answering costs no media set-up. What rings and
// who has the audio is the server's to say (state.phone); here is only sound.
import type { CommandAnswer, CommandName, CommandWith } from '../../../server/desk/protocol.ts';

/** Why there is no audio. `insecure`: the browser gives a microphone only to HTTPS pages and to localhost. */
export type Trouble = 'insecure' | 'denied' | 'no-microphone' | 'refused' | 'unreachable';

/**
 * ```
 *   off ──start──▶ starting ──answer──▶ connecting ──ICE, DTLS──▶ connected ⇄ away
 *    ▲               └──microphone or server says no──▶ trouble        │   refused: tried again by itself
 *    └──────────────────────────stop─────────────────────────────────────┘
 * ```
 */
export type SoundState =
  | { is: 'off' }
  | { is: 'starting' }
  | { is: 'connecting' }
  | { is: 'connected' }
  /** Nothing gets through at the moment; an ICE restart is under way. */
  | { is: 'away' }
  | { is: 'trouble'; why: Trouble; reason?: string | undefined };

export interface Devices {
  microphone?: string | undefined;
  speaker?: string | undefined;
}

type Ask = <Name extends CommandName>(name: Name, given: CommandWith<Name>) => Promise<CommandAnswer<Name>>;

export interface SoftphoneOptions {
  ask: Ask;
  changed: (state: SoundState) => void;
}

/** So long may the path be gone before a new one is looked for, ms. */
const patienceMs = 1_500;
/** Waiting times after the server refused, ms: twice as long after each. */
const retryMs = { first: 1_000, most: 30_000 };

export class Softphone {
  readonly #options: SoftphoneOptions;
  readonly #audio = new Audio();
  #state: SoundState = { is: 'off' };
  #peer: RTCPeerConnection | undefined;
  #microphone: MediaStream | undefined;
  #devices: Devices = {};
  #muted = false;
  #restart: ReturnType<typeof setTimeout> | undefined;
  /** An ICE restart is due that the desk could not be asked for. */
  #owed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** In a row. */
  #refusals = 0;
  #meters: { context: AudioContext; up: AnalyserNode; down: AnalyserNode } | undefined;
  /** Counts starts and ICE restarts: what belongs to an older one is dropped. */
  #turn = 0;

  constructor(options: SoftphoneOptions) {
    this.#options = options;
    this.#audio.autoplay = true;
  }

  get state(): SoundState {
    return this.#state;
  }

  /** Connects, or connects anew. @param take also where another panel has the audio */
  async start(devices: Devices, take = false): Promise<void> {
    const turn = ++this.#turn;
    this.#close();
    this.#devices = devices;
    if (navigator.mediaDevices === undefined) return this.#trouble('insecure');
    this.#become({ is: 'starting' });
    if (this.#microphone === undefined) {
      let fresh: MediaStream;
      try {
        fresh = await this.#openMicrophone();
      } catch (error) {
        const name = error instanceof DOMException ? error.name : '';
        if (turn === this.#turn) this.#trouble(name === 'NotAllowedError' ? 'denied' : 'no-microphone');
        return;
      }
      if (turn !== this.#turn) return stopTracks(fresh);
      this.#microphone = fresh;
    }
    try {
      const { iceServers } = await this.#options.ask('phone-servers', {});
      if (turn !== this.#turn) return;
      const peer = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
      this.#peer = peer;
      this.#listen(peer);
      for (const track of this.#microphone.getAudioTracks()) peer.addTrack(track, this.#microphone);
      await peer.setLocalDescription();
      const offer = peer.localDescription?.sdp ?? '';
      const { answer } = await this.#options.ask('phone-connect', { offer, take });
      if (turn !== this.#turn) return;
      await peer.setRemoteDescription({ type: 'answer', sdp: answer });
      if (this.#state.is === 'starting') this.#become({ is: 'connecting' });
    } catch (error) {
      if (turn !== this.#turn) return;
      // Another panel that is there has the audio: that is no trouble.
      if (codeOf(error) === 'phone-elsewhere') this.stop();
      else {
        this.#close();
        this.#trouble('refused', error instanceof Error && error.message !== '' ? error.message : undefined);
        const wait = Math.min(retryMs.first * 2 ** this.#refusals++, retryMs.most);
        this.#retry = setTimeout(() => void this.start(this.#devices), wait);
      }
    }
  }

  stop(): void {
    this.#turn++;
    this.#close();
    if (this.#microphone !== undefined) stopTracks(this.#microphone);
    this.#microphone = undefined;
    this.#refusals = 0;
    void this.#meters?.context.close();
    this.#meters = undefined;
    this.#become({ is: 'off' });
  }

  /** Nobody hears her from this moment; the server is told by `phone-mute` besides. */
  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.#microphone?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /** Changes devices in the middle of a talk. @throws DOMException where the device is not there */
  async use(devices: Devices): Promise<void> {
    const before = this.#devices;
    this.#devices = devices;
    if (devices.speaker !== before.speaker) await this.#speakOn(devices.speaker);
    const current = this.#microphone;
    if (devices.microphone === before.microphone || current === undefined) return;
    const fresh = await this.#openMicrophone();
    // The phone was turned off meanwhile, or she chose yet another.
    if (this.#microphone !== current || this.#devices.microphone !== devices.microphone) return stopTracks(fresh);
    this.#microphone = fresh;
    const [track] = fresh.getAudioTracks();
    const sender = this.#peer?.getSenders().find((one) => one.track?.kind === 'audio');
    const replaced = track === undefined ? undefined : sender?.replaceTrack(track);
    stopTracks(current);
    await replaced;
    this.#meter();
  }

  /** The network changed: another path is looked for, the call goes on. */
  renew(): void {
    void this.#renegotiate();
  }

  /** The desk can be asked again: what it could not be asked is asked at once. */
  resume(): void {
    if (this.#owed) void this.#renegotiate();
    else if (this.#retry !== undefined) void this.start(this.#devices);
  }

  /** How loud it is just now, 0 to 1. */
  levels(): { up: number; down: number } {
    const of = (analyser: AnalyserNode | undefined): number => {
      if (analyser === undefined) return 0;
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const sample of samples) sum += sample * sample;
      return Math.min(1, 4 * Math.sqrt(sum / samples.length));
    };
    return { up: of(this.#meters?.up), down: of(this.#meters?.down) };
  }

  /** Says her own words back to her, a second late, until the returned function is called. @throws DOMException without a microphone */
  async echo(): Promise<() => void> {
    const stream = this.#microphone ?? (await this.#openMicrophone());
    const context = new AudioContext();
    const delay = new DelayNode(context, { delayTime: 1, maxDelayTime: 1.5 });
    context.createMediaStreamSource(stream).connect(delay);
    const out = context.createMediaStreamDestination();
    delay.connect(out);
    const player = new Audio();
    player.srcObject = out.stream;
    if (this.#devices.speaker !== undefined) await player.setSinkId(this.#devices.speaker);
    await player.play();
    return () => {
      player.pause();
      void context.close();
      if (stream !== this.#microphone) stopTracks(stream);
    };
  }

  /** How unevenly what she hears arrives, ms, as her browser has it: not every gateway is told. Undefined where it has none. */
  async jitterMs(): Promise<number | undefined> {
    for (const one of (await this.#peer?.getStats())?.values() ?? []) {
      if (one.type === 'inbound-rtp' && one.kind === 'audio') return 1_000 * Number(one.jitter);
    }
    return undefined;
  }

  /** Where that loudspeaker is not there, the system's own speaks. */
  async #speakOn(speaker: string | undefined): Promise<void> {
    try {
      await this.#audio.setSinkId(speaker ?? '');
    } catch (error) {
      if (speaker === undefined) throw error;
      await this.#audio.setSinkId('');
    }
  }

  async #openMicrophone(): Promise<MediaStream> {
    const { microphone } = this.#devices;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        // A device that is gone is no reason to have none.
        ...(microphone === undefined ? {} : { deviceId: { ideal: microphone } }),
      },
    });
    for (const track of stream.getAudioTracks()) {
      track.enabled = !this.#muted;
      // Pulled out: the next best takes its place.
      track.onended = () => {
        if (this.#microphone !== stream) return;
        this.#microphone = undefined;
        void this.start({ ...this.#devices, microphone: undefined });
      };
    }
    return stream;
  }

  #listen(peer: RTCPeerConnection): void {
    peer.ontrack = ({ track, streams }) => {
      this.#audio.srcObject = streams[0] ?? new MediaStream([track]);
      const { speaker } = this.#devices;
      // Where even the system's own cannot be had, there is none.
      if (speaker !== undefined) void this.#speakOn(speaker).catch(() => undefined);
      // Without a gesture of hers some browsers wait with sound until the first one.
      void this.#audio.play().catch(() => undefined);
      this.#meter();
    };
    peer.onconnectionstatechange = () => {
      if (peer !== this.#peer) return;
      switch (peer.connectionState) {
        case 'connected':
          clearTimeout(this.#restart);
          this.#restart = undefined;
          this.#refusals = 0;
          this.#become({ is: 'connected' });
          return;
        case 'disconnected':
          this.#become({ is: 'away' });
          this.#restart ??= setTimeout(() => void this.#renegotiate(), patienceMs);
          return;
        case 'failed':
          this.#become({ is: 'away' });
          void this.#renegotiate();
          return;
        default:
      }
    };
  }

  /** ICE restart; where even that is refused, everything anew. Without the desk what there is stays until it can be asked. */
  async #renegotiate(): Promise<void> {
    const peer = this.#peer;
    clearTimeout(this.#restart);
    this.#restart = undefined;
    this.#owed = false;
    if (peer === undefined || this.#state.is === 'starting') return;
    const turn = ++this.#turn;
    try {
      peer.restartIce();
      await peer.setLocalDescription();
      const { answer } = await this.#options.ask('phone-renegotiate', { offer: peer.localDescription?.sdp ?? '' });
      if (turn === this.#turn) await peer.setRemoteDescription({ type: 'answer', sdp: answer });
    } catch (error) {
      if (turn !== this.#turn) return;
      if (codeOf(error) === 'desk-offline') this.#owed = true;
      else await this.start(this.#devices);
    }
  }

  #meter(): void {
    const remote = this.#audio.srcObject;
    if (this.#microphone === undefined || !(remote instanceof MediaStream)) return;
    void this.#meters?.context.close();
    const context = new AudioContext();
    const analyse = (stream: MediaStream): AnalyserNode => {
      const analyser = new AnalyserNode(context, { fftSize: 512 });
      context.createMediaStreamSource(stream).connect(analyser);
      return analyser;
    };
    this.#meters = { context, up: analyse(this.#microphone), down: analyse(remote) };
  }

  #close(): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
    this.#owed = false;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer === undefined) return;
    peer.onconnectionstatechange = null;
    peer.ontrack = null;
    peer.close();
  }

  #trouble(why: Trouble, reason?: string): void {
    this.#become({ is: 'trouble', why, reason });
  }

  #become(state: SoundState): void {
    this.#state = state;
    this.#options.changed(state);
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Of a failure that the server told, or `desk-offline`. */
function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
