import { createContext, useContext } from 'react';
import type { Devices, SoundState } from './softphone.ts';

export interface PhoneTools {
  sound: SoundState;
  /** Whether this panel has the audio; `other`: another of hers. */
  owner: 'me' | 'other' | 'nobody';
  muted: boolean;
  mute: (on: boolean) => void;
  /** Connects the audio here, also where another panel has it. */
  take: () => void;
  /** What she chose, whether it is there just now or not. */
  devices: Devices & { ring?: string | undefined };
  /** All that are there. */
  present: readonly MediaDeviceInfo[];
  choose: (change: Partial<PhoneTools['devices']>) => void;
  levels: () => { up: number; down: number };
  /** Of what she hears, ms. */
  jitterMs: () => Promise<number | undefined>;
  echo: () => Promise<() => void>;
  headset: { name: string | undefined; choose: () => Promise<void> } | undefined;
}

/** Undefined where her phone is not the panel. */
export const PhoneContext = createContext<PhoneTools | undefined>(undefined);

export function usePhone(): PhoneTools | undefined {
  return useContext(PhoneContext);
}
