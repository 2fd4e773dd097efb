// Once a day the cloud forgets what is older than it was told to keep. Several programs on one database may all do it.
import type { Logger } from 'pino';
import type { CloudSettings } from '../config/index.ts';
import type { Clock } from '../values/index.ts';
import { dropMonths } from './months.ts';
import type { Store } from './store.ts';

const dayMs = 86_400_000;

export async function forgetOld(
  store: Store,
  { months, batchDays }: CloudSettings['keep'],
  clock: Clock,
  logger: Logger,
): Promise<void> {
  const now = clock.now();
  if (months !== undefined) {
    const dropped = await dropMonths(store, months, now);
    if (dropped.length > 0) logger.info({ dropped }, 'months that are over were dropped');
  }
  await store.pool.query('DELETE FROM batches WHERE at < $1', [now - batchDays * dayMs]);
}

/** @returns stops it */
export function forgetDaily(store: Store, keep: CloudSettings['keep'], clock: Clock, logger: Logger): () => void {
  const forget = (): void => {
    forgetOld(store, keep, clock, logger).catch((error: unknown) =>
      logger.warn({ err: error }, 'what is old could not be dropped; tried again tomorrow'),
    );
  };
  forget();
  const timer = setInterval(forget, dayMs).unref();
  return () => clearInterval(timer);
}
