// SMS by CMPP: texts and receipts in over the kept connection, texts out in parts.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { InboundItem, OutboundMessage } from '../../../connector/index.ts';
import type { Connector, ConnectorTools, Delivery, Sent } from '../../connector.ts';
import { CmppConnection } from './cmpp-connection.ts';
import { LinkLost } from './cmpp-link.ts';
import { type Deliver, readReceipt } from './cmpp-packets.ts';
import { customerItem } from './customer-text.ts';
import { LongTexts } from './long-texts.ts';
import { SentParts } from './sent-parts.ts';
import type { CmppSettings, SmsSettings } from './settings.ts';
import { signed, smsText } from './sms-content.ts';
import { customerNumber, dialled, readThread, threadOf } from './sms-number.ts';
import { decodeText, type EncodedPart, encodeText, readHeader } from './sms-text.ts';

/** What a delivery holds: a packet as it came, or that the parts of a long text were waited for long enough. */
const kept = z.union([
  z.object({
    to: z.string(),
    from: z.string(),
    header: z.boolean(),
    format: z.number(),
    receipt: z.boolean(),
    /** Hex. */
    content: z.string(),
  }),
  z.object({ late: z.string() }),
]);

export interface CmppTuning {
  pauseMs?: { first: number; most: number };
}

export class CmppConnector implements Connector {
  readonly #cmpp: CmppSettings;
  readonly #settings: SmsSettings;
  readonly #tools: ConnectorTools;
  readonly #connection: CmppConnection;
  readonly #long: LongTexts;
  readonly #sent: SentParts;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(cmpp: CmppSettings, settings: SmsSettings, tools: ConnectorTools, tuning: CmppTuning = {}) {
    this.#cmpp = cmpp;
    this.#settings = settings;
    this.#tools = tools;
    this.#long = new LongTexts(tools.memory, settings.joinMs);
    this.#sent = new SentParts(tools.memory);
    this.#connection = new CmppConnection({
      ...cmpp,
      clock: tools.providersClock,
      logger: tools.logger,
      pauseMs: tuning.pauseMs ?? { first: 1_000, most: 60_000 },
      deliver: async (deliver) => {
        await tools.inbox.accept([this.#delivery(deliver)]);
      },
    });
  }

  async start(): Promise<void> {
    this.#connection.start();
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#connection.stop();
  }

  trouble(): string | undefined {
    return this.#connection.trouble();
  }

  async normalise(delivery: Delivery): Promise<InboundItem[]> {
    const read = kept.parse(JSON.parse(delivery.body));
    if ('late' in read) {
      const late = this.#long.giveUp(read.late);
      this.#arm();
      return late ? [this.#item(delivery.key, late.at, late.thread, late.text)] : [];
    }
    const content = Buffer.from(read.content, 'hex');
    if (read.receipt) return this.#receipt(delivery, content);
    const customer = customerNumber(read.from, this.#settings.country);
    const thread = threadOf(customer, read.to, this.#cmpp.number);
    const { length, part } = read.header ? readHeader(content) : { length: 0 };
    const text = decodeText(content.subarray(length), read.format);
    if (!part || part.total === 1) return [this.#item(delivery.key, delivery.at, thread, text)];
    const whole = this.#long.add(`${customer}>${read.to}`, part, text, { key: delivery.key, at: delivery.at, thread });
    this.#arm();
    return whole === undefined ? [] : [this.#item(delivery.key, delivery.at, thread, whole)];
  }

  async send(message: OutboundMessage): Promise<Sent> {
    const to = readThread(message.thread);
    if (!to) return { ok: false, code: 'rejected', reason: 'the thread names no number', again: false };
    const text = smsText(message.content);
    if (text === undefined || text === '') {
      return { ok: false, code: 'rejected', reason: 'an SMS has text only', again: false };
    }
    const { chinese, mostParts, signature, signaturePlace } = this.#settings;
    const parts = encodeText(signed(text, signature, signaturePlace), {
      chinese,
      most: mostParts,
      reference: message.message,
    });
    if (!parts) return { ok: false, code: 'too-large', reason: `it takes more than ${mostParts} parts`, again: false };
    const taken = this.#sent.taken(message.message);
    // What the gateway has taken in an earlier try does not go twice.
    const open = parts.flatMap((part, index) => (taken.has(index + 1) ? [] : [{ part, number: index + 1 }]));
    const results = await Promise.all(
      open.map(({ part, number }) => this.#submit(message.message, to, part, number, parts.length)),
    );
    const failure = worst(results);
    if (failure) return failure;
    this.#tools.memory.set(
      `menu:${message.thread}`,
      message.content.type === 'menu' ? JSON.stringify(message.content.choices) : '',
    );
    return { ok: true, provider: this.#sent.firstId(message.message) };
  }

  /** @returns undefined: taken */
  async #submit(
    message: string,
    to: { customer: string; tail: string },
    part: EncodedPart,
    number: number,
    parts: number,
  ): Promise<Failure | undefined> {
    const cmpp = this.#cmpp;
    try {
      const response = await this.#connection.submit({
        part: number,
        parts,
        receipt: true,
        serviceId: cmpp.serviceId,
        header: part.header,
        format: part.format,
        source: cmpp.account,
        feeUserType: cmpp.feeUserType,
        feeType: cmpp.feeType,
        feeCode: cmpp.feeCode,
        from: `${cmpp.number}${to.tail}`.slice(0, 21),
        to: dialled(to.customer, cmpp.numbers),
        content: part.content,
      });
      if (response.result !== 0) return failureOf(response.result);
      this.#sent.took(message, number, parts, response.id);
      return undefined;
    } catch (error) {
      if (!(error instanceof LinkLost))
        this.#tools.logger.error({ message, err: error }, 'an SMS could not be handed over');
      const reason = error instanceof Error ? error.message : 'unknown';
      return { ok: false, code: 'unreachable', reason, again: true };
    }
  }

  #delivery(deliver: Deliver): Delivery {
    const { id, content, ...rest } = deliver;
    const hex = content.toString('hex');
    if (deliver.receipt) {
      // Its own Msg_Id is often 0, or that of the message it tells of.
      const key = `receipt-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;
      return {
        key,
        at: this.#tools.clock.now(),
        thread: `receipt ${hex.slice(0, 16)}`,
        body: JSON.stringify({ ...rest, content: hex }),
      };
    }
    // Some gateways give the parts of one text the same Msg_Id.
    const print = createHash('sha256')
      .update(`${deliver.from} ${deliver.to} `)
      .update(content)
      .digest('hex')
      .slice(0, 16);
    return {
      key: `sms-${id}-${print}`,
      at: this.#tools.clock.now(),
      thread: customerNumber(deliver.from, this.#settings.country),
      body: JSON.stringify({ ...rest, content: hex }),
    };
  }

  #receipt(delivery: Delivery, content: Buffer): InboundItem[] {
    const receipt = readReceipt(content);
    const state = stateOf(receipt.state);
    if (state === undefined) return [];
    const whole = this.#sent.receipt(receipt.id, state);
    if (whole.state === undefined) return [];
    return [
      {
        item: 'delivery',
        key: delivery.key,
        at: delivery.at,
        message: whole.message,
        state: whole.state,
        provider: receipt.id,
        ...(whole.state === 'failed' && {
          code: /^(EXPIRED|UNDELIV)/.test(receipt.state) ? 'unreachable' : 'rejected',
          reason: `the carrier says ${receipt.state}`,
        }),
      },
    ];
  }

  #item(key: string, at: number, thread: string, text: string): InboundItem {
    const customer = thread.split('~')[0] ?? thread;
    return customerItem({ key, at, thread, customer, text }, this.#tools.memory, this.#settings.optOutWords);
  }

  /** Long texts whose time is over come as deliveries of their own, so that they outlive a crash. */
  #arm(): void {
    clearTimeout(this.#timer);
    const due = this.#long.nextDue();
    if (due === undefined || this.#stopped) return;
    const { inbox, clock, logger } = this.#tools;
    this.#timer = setTimeout(
      () => {
        const late = this.#long.overdue(clock.now()).map(({ name, key, thread }) => ({
          key: `late-${key}`,
          at: clock.now(),
          thread: thread.split('~')[0],
          body: JSON.stringify({ late: name }),
        }));
        void inbox.accept(late).catch((error: unknown) => {
          logger.error({ err: error }, 'parts of long texts could not be given up; tried again');
          this.#timer = setTimeout(() => this.#arm(), 5_000);
        });
        // What is not overdue yet.
        if (late.length === 0) this.#arm();
      },
      Math.max(10, Math.min(due - clock.now(), 3_600_000)),
    );
  }
}

type Failure = Extract<Sent, { ok: false }>;

/** One part that was refused for good decides: the rest of the text is worth nothing. */
function worst(results: readonly (Failure | undefined)[]): Failure | undefined {
  const failures = results.filter((one) => one !== undefined);
  return failures.find((one) => !one.again) ?? failures[0];
}

const results: Record<number, string> = {
  1: 'the structure is wrong',
  2: 'the command is wrong',
  3: 'the sequence was used before',
  4: 'the length is wrong',
  5: 'the fee code is wrong',
  6: 'it is too long',
  7: 'the service is wrong',
  8: 'too fast',
  9: 'the gateway does not serve that number',
  10: 'Src_Id is wrong',
  11: 'Msg_src is wrong',
  12: 'Fee_terminal_Id is wrong',
  13: 'Dest_terminal_Id is wrong',
};

/** SUBMIT_RESP.Result. */
function failureOf(result: number): Failure {
  const reason = `the gateway says ${result}${results[result] ? `: ${results[result]}` : ''}`;
  if (result === 8) return { ok: false, code: 'busy', reason, again: true, afterMs: 1_000 };
  if (result === 3) return { ok: false, code: 'busy', reason, again: true };
  return { ok: false, code: result === 6 || result === 4 ? 'too-large' : 'rejected', reason, again: false };
}

/** Stat of a receipt; undefined: nothing final. */
function stateOf(stat: string): 'delivered' | 'failed' | undefined {
  if (stat === 'DELIVRD') return 'delivered';
  return /^(ACCEPTD|ENROUTE|)$/.test(stat) ? undefined : 'failed';
}
