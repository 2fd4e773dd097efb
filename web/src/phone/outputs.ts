// Which of her loudspeakers are there just now. What plays on one that is pulled out falls silent, in Chromium for good, and
// does not move to another by itself.
import { useEffect, useState } from 'react';

/** All devices, kept up to date. @param renew read again when it changes: their ids are hidden until she allows a microphone */
export function useDevices(renew?: unknown): MediaDeviceInfo[] {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    const media = navigator.mediaDevices;
    if (media === undefined) return;
    let gone = false;
    const read = () => {
      media.enumerateDevices().then(
        (found) => {
          if (!gone) setDevices(found);
        },
        // What was known stays.
        () => undefined,
      );
    };
    read();
    media.addEventListener('devicechange', read);
    return () => {
      gone = true;
      media.removeEventListener('devicechange', read);
    };
  }, [renew]);
  return devices;
}

/** @returns undefined, the system's own, where the chosen one is known not to be there */
export function outputThatIs(chosen: string | undefined, devices: readonly MediaDeviceInfo[]): string | undefined {
  const known = devices.flatMap(({ kind, deviceId }) => (kind === 'audiooutput' && deviceId !== '' ? [deviceId] : []));
  return chosen === undefined || known.length === 0 || known.includes(chosen) ? chosen : undefined;
}
