// Tells the server how each channel is, so that an administrator sees it beside the server's own view, and does what she
// asked for meanwhile. A server that is away, or too old to listen, costs nothing: the next report says it all again.
import type { Logger } from 'pino';
import type { ConnectorOrders, ConnectorReport } from '../connector/index.ts';
import type { Clock, Millis } from '../values/index.ts';
import type { ChannelAtWork } from './channel.ts';

/** How often trouble is looked for; a report that says nothing new goes less often. */
const lookMs = 1_000;
const reportMs = 10_000;

export interface ReportingOptions {
  channels: ReadonlyMap<string, Pick<ChannelAtWork, 'figures' | 'policy' | 'trouble' | 'retry'>>;
  /** Rejects where the server does not take it. */
  send(channel: string, report: ConnectorReport): Promise<ConnectorOrders>;
  clock: Clock;
  logger: Logger;
}

interface Told {
  at: Millis;
  trouble: string;
  under: boolean;
}

export class Reporting {
  readonly #options: ReportingOptions;
  readonly #told = new Map<string, Told>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReportingOptions) {
    this.#options = options;
  }

  start(): void {
    this.look();
    this.#timer = setInterval(() => this.look(), lookMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reports what is due, and what is newly wrong or right. */
  look(): void {
    const { channels, clock } = this.#options;
    for (const [name, channel] of channels) {
      const known = this.#told.get(name);
      const trouble = channel.trouble().join('\n');
      const now = clock.now();
      if (known?.under || (known && known.trouble === trouble && now - known.at < reportMs)) continue;
      const told: Told = { at: now, trouble, under: true };
      this.#told.set(name, told);
      void this.#report(name, channel).finally(() => {
        told.under = false;
      });
    }
  }

  async #report(name: string, channel: Pick<ChannelAtWork, 'figures' | 'policy' | 'retry'>): Promise<void> {
    const { send, logger } = this.#options;
    try {
      const { kind, trouble, received, sent, failures, toRead, setAside, toServer, refused, toSend } =
        channel.figures();
      const report: ConnectorReport = {
        kind,
        trouble: trouble.map((sentence) => sentence.slice(0, 1_000)).slice(0, 10),
        policy: policyOf(channel),
        ...{ received, sent, failures, toRead, setAside, toServer, refused, toSend },
      };
      const { retry } = await send(name, report);
      if (!retry) return;
      const count = await channel.retry();
      logger.info({ channel: name, count }, 'an administrator has what was set aside tried again');
    } catch (error) {
      logger.debug({ channel: name, err: error }, 'a report could not be made, or was not taken');
    }
  }
}

function policyOf({ policy }: Pick<ChannelAtWork, 'policy'>): NonNullable<ConnectorReport['policy']> {
  const { always, windows, free, text } = policy;
  return {
    windows: { ...windows },
    ...(always === undefined ? {} : { always }),
    ...(free === undefined ? {} : { free: [...free] }),
    ...(text === undefined ? {} : { text }),
  };
}
