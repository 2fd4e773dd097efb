import { useEffect, useState } from 'react';
import { readMetrics, type Samples, sumOf } from './read-metrics.ts';

export interface Health {
  ready: boolean;
  reasons: string[];
  samples: Samples;
  /** Processor time of the server since the last look, as a share of one core. */
  cpu: number | undefined;
}

interface Look {
  at: number;
  cpuSeconds: number;
}

/** @param everyMs how often it looks @returns undefined until the first look; `lost` where the server was not reached */
export function useHealth(everyMs: number): { health: Health | undefined; lost: boolean } {
  const [state, setState] = useState<{ health: Health | undefined; lost: boolean }>({ health: undefined, lost: false });
  useEffect(() => {
    const stop = new AbortController();
    let last: Look | undefined;
    let timer: number | undefined;
    const look = async (): Promise<void> => {
      const [ready, metrics] = await Promise.all(
        ['/ready', '/metrics'].map((path) => fetch(path, { signal: stop.signal, cache: 'no-store' })),
      );
      const { ready: is, reasons } = (await ready!.json()) as { ready: boolean; reasons: string[] };
      const samples = readMetrics(metrics!.ok ? await metrics!.text() : '');
      const now = { at: performance.now(), cpuSeconds: sumOf(samples, 'process_cpu_seconds_total') };
      const cpu = last && (now.cpuSeconds - last.cpuSeconds) / ((now.at - last.at) / 1_000);
      last = now;
      setState({ health: { ready: is, reasons, samples, cpu }, lost: false });
    };
    const again = (): void => {
      look()
        .catch(() => {
          // Not reached: what was seen last stays, and the page says that it is old.
          if (!stop.signal.aborted) setState(({ health }) => ({ health, lost: true }));
        })
        .finally(() => {
          if (!stop.signal.aborted) timer = window.setTimeout(again, everyMs);
        });
    };
    again();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [everyMs]);
  return state;
}
