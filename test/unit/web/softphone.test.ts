// The phone in the page, without a browser: peer connections and microphones of the test's own, which do what the standard says.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CommandFailed } from '../../../web/src/connection.ts';
import { Softphone, type SoundState } from '../../../web/src/phone/softphone.ts';

class TestTrack {
  enabled = true;
  on = true;
  onended: (() => void) | null = null;
  readonly kind = 'audio';
  stop(): void {
    this.on = false;
  }
}

class TestStream {
  readonly track = new TestTrack();
  getTracks(): TestTrack[] {
    return [this.track];
  }
  getAudioTracks(): TestTrack[] {
    return [this.track];
  }
}

class TestPeer {
  connectionState = 'new';
  closed = false;
  restarts = 0;
  answered: string[] = [];
  localDescription: { sdp: string } | undefined;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: unknown = null;
  readonly senders: { track: unknown; replaceTrack: (track: unknown) => Promise<void> }[] = [];
  constructor() {
    peers.push(this);
  }
  addTrack(track: unknown): void {
    const sender = {
      track,
      replaceTrack: async (fresh: unknown) => {
        sender.track = fresh;
      },
    };
    this.senders.push(sender);
  }
  getSenders() {
    return this.senders;
  }
  restartIce(): void {
    this.restarts++;
  }
  async setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: `offer ${this.restarts}` };
  }
  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.answered.push(sdp);
  }
  close(): void {
    this.closed = true;
  }
  becomes(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

let peers: TestPeer[];
let asked: string[];
/** What the desk fails with; undefined: it answers. */
let failure: CommandFailed | undefined;
let states: SoundState[];
/** Microphones that the browser was asked for, in that order; it gives one when `give` is called. */
let opening: { stream: TestStream; give: () => void }[];
/** The browser gives microphones at once. */
let granted: boolean;
let phone: Softphone;

beforeEach(() => {
  [peers, asked, states, opening, granted, failure] = [[], [], [], [], true, undefined];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('Audio', class {});
  vi.stubGlobal('MediaStream', TestStream);
  vi.stubGlobal('RTCPeerConnection', TestPeer);
  const getUserMedia = () => {
    const { promise, resolve } = Promise.withResolvers<TestStream>();
    const stream = new TestStream();
    opening.push({ stream, give: () => resolve(stream) });
    if (granted) resolve(stream);
    return promise;
  };
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
  const ask = async (name: string, given: object): Promise<unknown> => {
    asked.push(name);
    if (failure !== undefined) throw failure;
    return name === 'phone-servers'
      ? { iceServers: [] }
      : { answer: `answer to ${(given as { offer: string }).offer}` };
  };
  phone = new Softphone({ ask: ask as never, changed: (state) => states.push(state) });
});
afterEach(() => {
  phone.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settled = () => vi.advanceTimersByTimeAsync(0);
const on = () => opening.map(({ stream }) => stream.track.on);

async function connected(): Promise<TestPeer> {
  await phone.start({});
  const peer = peers.at(-1) as TestPeer;
  peer.becomes('connected');
  return peer;
}

test('without the desk its peer connection stays, and gets its new path when the desk can be asked again', async () => {
  const peer = await connected();
  asked.length = 0;
  failure = new CommandFailed('desk-offline', '');
  phone.renew();
  await settled();
  peer.becomes('disconnected');
  await vi.advanceTimersByTimeAsync(1_500);
  expect(asked).toEqual(['phone-renegotiate', 'phone-renegotiate']);
  expect([peers.length, peer.closed, phone.state.is]).toEqual([1, false, 'away']);

  failure = undefined;
  phone.resume();
  await settled();
  expect([peer.restarts, peer.answered.at(-1)]).toEqual([3, 'answer to offer 3']);
  peer.becomes('connected');
  phone.resume();
  await settled();
  expect([peer.restarts, phone.state.is]).toEqual([3, 'connected']);
});

test('of two searches for a new path the later one counts', async () => {
  const peer = await connected();
  phone.renew();
  phone.renew();
  await settled();
  expect(peer.answered).toEqual(['answer to offer 0', 'answer to offer 2']);
  expect(peers).toHaveLength(1);
});

test('a connection that the server does not know any more is made anew', async () => {
  const peer = await connected();
  failure = new CommandFailed('phone-not-connected', 'gone');
  phone.renew();
  await settled();
  expect([peer.closed, phone.state]).toEqual([true, { is: 'trouble', why: 'refused', reason: 'gone' }]);
  failure = undefined;
  await vi.advanceTimersByTimeAsync(1_000);
  expect([peers.length, phone.state.is]).toEqual([2, 'connecting']);
});

test('refused, it is tried again: after 1, 2, 4 … and at most 30 s, and from the start once it was there', async () => {
  failure = new CommandFailed('media-unavailable', 'no worker');
  await phone.start({});
  for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
    asked.length = 0;
    await vi.advanceTimersByTimeAsync(1_000 * seconds - 1);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual(['phone-servers']);
  }
  failure = undefined;
  await vi.advanceTimersByTimeAsync(30_000);
  peers.at(-1)?.becomes('connected');
  failure = new CommandFailed('media-unavailable', 'no worker');
  await phone.start({});
  failure = undefined;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(phone.state.is).toBe('connecting');
});

test('refused, it is tried at once when the desk is there again; not where another panel has the audio', async () => {
  failure = new CommandFailed('desk-offline', '');
  await phone.start({});
  expect(phone.state).toEqual({ is: 'trouble', why: 'refused', reason: undefined });
  failure = undefined;
  phone.resume();
  await settled();
  expect(phone.state.is).toBe('connecting');

  failure = new CommandFailed('phone-elsewhere', 'elsewhere');
  await phone.start({});
  asked.length = 0;
  phone.resume();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([asked, phone.state.is, on().includes(true)]).toEqual([[], 'off', false]);
});

test('turned off while the microphone opens: it does not stay open', async () => {
  granted = false;
  const starting = phone.start({});
  phone.stop();
  opening[0]?.give();
  await starting;
  expect([on(), phone.state.is, peers]).toEqual([[false], 'off', []]);
});

test('of two starts one has its microphone open', async () => {
  granted = false;
  const [first, second] = [phone.start({}), phone.start({})];
  for (const { give } of opening) give();
  await Promise.all([first, second]);
  expect([on(), peers.length]).toEqual([[false, true], 1]);
  expect(peers[0]?.senders[0]?.track).toBe(opening[1]?.stream.track);
  phone.stop();
  expect(on()).toEqual([false, false]);
});

test('another microphone takes the place of the one before, unless the phone was turned off meanwhile', async () => {
  const peer = await connected();
  await phone.use({ microphone: 'two' });
  expect([on(), peer.senders[0]?.track]).toEqual([[false, true], opening[1]?.stream.track]);

  granted = false;
  const [third, fourth] = [phone.use({ microphone: 'three' }), phone.use({ microphone: 'four' })];
  opening[3]?.give();
  await fourth;
  opening[2]?.give();
  await third;
  expect([on(), peer.senders[0]?.track]).toEqual([[false, false, false, true], opening[3]?.stream.track]);

  const fifth = phone.use({ microphone: 'five' });
  phone.stop();
  opening[4]?.give();
  await fifth;
  expect(on()).not.toContain(true);
});
