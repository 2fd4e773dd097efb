// A clock for what is counted in minutes: lists do not draw themselves anew four times a second.
import { useEffect, useState } from 'react';

const everyMs = 10_000;

/** This browser's time, every ten seconds. */
export function useMinute(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}
