// Holds the softphone while the agent is at her desk: starts it, keeps it in step with what the server says, saves devices.
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { ringOn } from '../sound.ts';
import { Headset } from './headset.ts';
import { hookCommand } from './hook-key.ts';
import { outputThatIs, useDevices } from './outputs.ts';
import { PhoneContext, type PhoneTools } from './phone-context.ts';
import { Softphone, type SoundState } from './softphone.ts';

const devicesKey = 'switchroom.devices';

export function PhoneProvider({ children }: { children: ReactNode }) {
  const { state, connection, act } = usePanel();
  const [sound, setSound] = useState<SoundState>({ is: 'off' });
  const [devices, setDevices] = useState(readDevices);
  const [headset, setHeadset] = useState<Headset>();
  const phone = useMemo(
    () => new Softphone({ ask: (name, given) => connection.do(name, given), changed: setSound }),
    [connection],
  );
  const present = useDevices(sound.is);
  const ring = outputThatIs(devices.ring, present);
  const speaker = outputThatIs(devices.speaker, present);
  /** Those that can be used just now. */
  const usable = useMemo(() => ({ microphone: devices.microphone, speaker }), [devices.microphone, speaker]);
  const latest = useRef({ usable, state });
  latest.current = { usable, state };
  const view = state.phone;
  const open = state.link.is === 'open';
  const owner = view?.owner === undefined ? 'nobody' : view.owner === connection.session ? 'me' : 'other';
  const muted = view?.muted ?? false;

  useEffect(() => () => phone.stop(), [phone]);
  useEffect(() => ringOn(ring), [ring]);
  useEffect(() => {
    // A microphone that vanished in this moment: the one before stays.
    phone.use(usable).catch(() => undefined);
  }, [phone, usable]);
  useEffect(() => {
    phone.muted = muted;
  }, [phone, muted]);

  const viewState = view?.state;
  // Apart from what follows: a start may be under way that takes the audio from a panel which is gone.
  useEffect(() => {
    if (owner === 'other') phone.stop();
  }, [owner, phone]);
  /** The session for which it was tried. */
  const tried = useRef<string>(undefined);
  useEffect(() => {
    if (!open || viewState === undefined) return;
    const first = tried.current !== connection.session;
    tried.current = connection.session;
    // Nobody has the audio, or this panel should and the server knows of no connection (a reload, a restart), or of one that
    // this page never had (a tab that was restored after a crash). At first also where another seems to have it: that may be
    // a page which was closed a moment ago, or this one before it was away for minutes, and the server knows.
    const missing = viewState === 'none' || (owner === 'me' && phone.state.is === 'off');
    if (owner === 'other' ? first : missing) void phone.start(latest.current.usable);
  }, [open, owner, viewState, phone, connection]);
  // After the one above, which may have begun anew.
  useEffect(() => {
    if (open) phone.resume();
  }, [open, phone]);
  useEffect(() => {
    const renew = () => phone.renew();
    window.addEventListener('online', renew);
    return () => window.removeEventListener('online', renew);
  }, [phone]);

  const mute = useCallback(
    (on: boolean) => {
      phone.muted = on;
      void act('phone-mute', { on }).then((done) => {
        // What she sees is what the server says: her microphone must not be silent where nothing shows it.
        if (!done) phone.muted = latest.current.state.phone?.muted ?? false;
      });
    },
    [phone, act],
  );

  // The headset's keys do what is next to do.
  const keys = useMemo(
    () => ({
      hook: (lifted: boolean) => {
        const next = hookCommand(lifted, latest.current.state);
        if (next !== undefined) void act(next.do, next.with);
      },
      mute: () => mute(!(latest.current.state.phone?.muted ?? false)),
    }),
    [act, mute],
  );
  useEffect(() => {
    if (!('hid' in navigator)) return;
    let mine: Headset | undefined;
    let gone = false;
    Headset.known(keys).then(
      (found) => {
        if (gone) found?.close();
        else {
          mine = found;
          setHeadset(found);
        }
      },
      () => undefined, // it is there and cannot be opened: she can choose it again and is told why
    );
    return () => {
      gone = true;
      mine?.close();
    };
  }, [keys]);
  const ringing = view?.lines.some((line) => line.state === 'ringing') ?? false;
  const inCall = view?.lines.some((line) => line.state === 'up') ?? false;
  useEffect(() => {
    // A headset without lights, or pulled out in this moment: nothing is lost but a light.
    headset?.show({ ringing, inCall, muted }).catch(() => undefined);
  }, [headset, ringing, inCall, muted]);

  const tools: PhoneTools = {
    sound,
    owner,
    muted,
    mute,
    take: () => void phone.start(usable, true),
    devices,
    choose: (change) => {
      const next = { ...devices, ...change };
      localStorage.setItem(devicesKey, JSON.stringify(next));
      setDevices(next);
    },
    present,
    levels: () => phone.levels(),
    jitterMs: () => phone.jitterMs(),
    echo: () => phone.echo(),
    headset:
      'hid' in navigator
        ? { name: headset?.name, choose: async () => setHeadset((await Headset.choose(keys)) ?? headset) }
        : undefined,
  };
  return <PhoneContext value={tools}>{children}</PhoneContext>;
}

function readDevices(): PhoneTools['devices'] {
  const kept = JSON.parse(localStorage.getItem(devicesKey) ?? '{}') as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { microphone: text(kept.microphone), speaker: text(kept.speaker), ring: text(kept.ring) };
}
