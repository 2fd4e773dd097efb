// One access token for all who need it. Fetched by one at a time, and renewed before its end; while a new one is fetched the
// old one is still handed out, as providers let both overlap.
import type { Clock, Millis } from '../values/index.ts';
import type { TokenKeeper } from './connector.ts';

export interface TokenSource {
  fetch(): Promise<{ token: string; expiresInMs: Millis }>;
  /** Renewed that long before its end; default a minute, at most half of its life. */
  marginMs?: Millis;
}

export function keepToken({ fetch, marginMs = 60_000 }: TokenSource, clock: Clock): TokenKeeper {
  let kept: { token: string; renewAt: number; endsAt: number } | undefined;
  let coming: Promise<string> | undefined;

  const renew = (): Promise<string> => {
    coming ??= (async () => {
      try {
        const { token, expiresInMs } = await fetch();
        const now = clock.monotonic();
        kept = { token, renewAt: now + expiresInMs - Math.min(marginMs, expiresInMs / 2), endsAt: now + expiresInMs };
        return token;
      } finally {
        coming = undefined;
      }
    })();
    return coming;
  };

  return {
    async get() {
      const now = clock.monotonic();
      if (kept === undefined || now >= kept.endsAt) return renew();
      if (now < kept.renewAt) return kept.token;
      const { token, endsAt } = kept;
      // The old one does meanwhile; if the new one cannot be had, the next who asks tries again.
      void renew().catch(() => {
        if (kept?.token === token) kept.renewAt = Math.min(endsAt, clock.monotonic() + 5_000);
      });
      return token;
    },
    refused(token) {
      if (kept?.token === token) kept = undefined;
    },
  };
}
