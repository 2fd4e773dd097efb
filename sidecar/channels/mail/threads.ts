// Which mails belong together. By Message-ID, In-Reply-To and References; where a program loses those, by the token in the
// subject or in the address. Only who took part in a thread comes into it: knowing an id is not enough.
import { createHash } from 'node:crypto';
import type { ConnectorTools } from '../../connector.ts';
import { messageOf } from './message-id.ts';
import type { Mail } from './read-mail.ts';

export interface ThreadFacts {
  /** Who wrote first: where answers go that answer nobody in particular. */
  customer: string;
  /** From, To and Cc so far, without our own addresses. */
  people: string[];
  subject: string;
  /** Message-IDs for References: the root and the last ones. */
  references: string[];
  /** Our address that the customer wrote to. */
  ours?: string | undefined;
  language?: 'en' | 'zh' | undefined;
  /** Keys of the last inbound items → where an answer to them goes. */
  inbound: { key: string; messageId?: string | undefined; to: string }[];
}

const mostReferences = 15;
const mostPeople = 50;
const mostInbound = 20;

type Memory = ConnectorTools['memory'];

export class Threads {
  readonly #memory: Memory;
  /** 32 bytes: tokens cannot be guessed from a thread's name. */
  readonly #secret: Buffer;

  constructor(memory: Memory, secret: Buffer) {
    this.#memory = memory;
    this.#secret = secret;
  }

  facts(thread: string): ThreadFacts | undefined {
    const text = this.#memory.get(`thread:${thread}`);
    return text === undefined ? undefined : (JSON.parse(text) as ThreadFacts);
  }

  /** The thread of a mail that came; the same mail gives the same thread always. */
  of(mail: Mail, key: string): string {
    const known = this.#memory.get(`key:${key}`);
    if (known !== undefined) return known;
    const sender = mail.from?.address ?? '';
    const found = this.#byReference(mail, sender) ?? this.#byToken(mail, sender);
    const thread = found ?? this.#fresh(mail, key);
    this.#memory.set(`key:${key}`, thread);
    return thread;
  }

  /** Notes what a mail says about its thread. Twice is once. */
  came(
    thread: string,
    mail: Mail,
    key: string,
    more: { ours: ReadonlySet<string>; answerTo: string; language?: 'en' | 'zh' },
  ): void {
    const facts = this.facts(thread) ?? this.empty(mail.from?.address ?? more.answerTo, mail.subject);
    const people = [mail.from?.address, ...mail.to].filter((one) => one !== undefined && !more.ours.has(one));
    facts.people = [...new Set([...facts.people, ...people.filter((one) => one !== undefined)])].slice(0, mostPeople);
    facts.ours = mail.to.find((one) => more.ours.has(one)) ?? facts.ours;
    facts.language = more.language ?? facts.language;
    if (!facts.inbound.some((one) => one.key === key)) {
      facts.inbound = [...facts.inbound, { key, messageId: mail.messageId, to: more.answerTo }].slice(-mostInbound);
    }
    this.#refer(facts, [...mail.references, ...(mail.messageId ? [mail.messageId] : [])]);
    for (const id of [mail.messageId, ...mail.references]) if (id) this.#name(id, thread);
    this.#save(thread, facts);
  }

  /** Notes a mail of ours. */
  went(thread: string, facts: ThreadFacts, message: string, messageId: string): void {
    this.#memory.set(`sent:${message}`, thread);
    this.#name(messageId, thread);
    this.#memory.set(`token:${this.token(thread)}`, thread);
    this.#refer(facts, [messageId]);
    this.#save(thread, facts);
  }

  /** The thread of a message that we sent. */
  ofMessage(message: string): string | undefined {
    return this.#memory.get(`sent:${message}`);
  }

  /** Ten letters for subject and address. */
  token(thread: string): string {
    return createHash('sha256').update(this.#secret).update(thread).digest('hex').slice(0, 10);
  }

  empty(customer: string, subject: string): ThreadFacts {
    return { customer, people: [customer], subject, references: [], inbound: [] };
  }

  #byReference(mail: Mail, sender: string): string | undefined {
    for (const id of mail.references.toReversed()) {
      const message = messageOf(id);
      const thread = this.#memory.get(nameOf(id)) ?? (message === undefined ? undefined : this.ofMessage(message));
      if (thread !== undefined && this.#tookPart(thread, sender)) return thread;
    }
    return undefined;
  }

  #byToken(mail: Mail, sender: string): string | undefined {
    const tokens = [
      ...[...mail.subject.matchAll(/\[#([0-9a-f]{10})\]/g)].map((found) => found[1]),
      ...mail.to.map((address) => /\+t-([0-9a-f]{10})@/.exec(address)?.[1]),
    ];
    for (const token of tokens) {
      const thread = token && this.#memory.get(`token:${token}`);
      if (thread && this.#tookPart(thread, sender)) return thread;
    }
    return undefined;
  }

  /**
   * Named after its root, so that an answer that comes before the mail it answers finds the same thread, and after who writes: a
   * stranger who refers to that root begins one of his own, also when ours is forgotten.
   */
  #fresh(mail: Mail, key: string): string {
    const root = mail.references[0] ?? mail.messageId;
    return hash(root === undefined ? key : `${mail.from?.address ?? ''} ${root}`);
  }

  #tookPart(thread: string, sender: string): boolean {
    const facts = this.facts(thread);
    return facts?.people.includes(sender) ?? false;
  }

  #name(messageId: string, thread: string): void {
    const name = nameOf(messageId);
    if (this.#memory.get(name) === undefined) this.#memory.set(name, thread);
  }

  #refer(facts: ThreadFacts, ids: readonly string[]): void {
    const all = [...new Set([...facts.references, ...ids])];
    facts.references = all.length <= mostReferences ? all : [...all.slice(0, 1), ...all.slice(1 - mostReferences)];
  }

  #save(thread: string, facts: ThreadFacts): void {
    this.#memory.set(`thread:${thread}`, JSON.stringify(facts));
  }
}

function hash(text: string): string {
  return `mail-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** Message-IDs are long and of strangers' making: kept by their hash. */
function nameOf(messageId: string): string {
  return `mid:${createHash('sha256').update(messageId).digest('hex').slice(0, 32)}`;
}
