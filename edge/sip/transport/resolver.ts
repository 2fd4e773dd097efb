import { Resolver as DnsResolver, lookup } from 'node:dns/promises';
import { defaultPort } from '../protocols.ts';
import type { Protocol } from '../stack.ts';
import { familyOf, plainAddress } from './address.ts';
import { transportErrors } from './errors.ts';

export interface SrvRecord {
  name: string;
  port: number;
  priority: number;
  weight: number;
}

/** The two questions that are asked; tests bring their own. */
export interface Dns {
  /** Empty where there are none. */
  srv(name: string): Promise<SrvRecord[]>;
  /** A and AAAA, and the hosts file. @throws where there are none */
  addresses(host: string): Promise<string[]>;
}

export interface Resolved {
  address: string;
  port: number;
}

const goodForMs = 30_000;
const badForMs = 2_000;
const remembered = 1_000;

interface Known {
  until: number;
  answer: Promise<Resolved[]>;
}

/**
 * RFC 3263 without NAPTR (the protocol is the caller's choice): an IP address is itself; a port means A/AAAA; without a
 * port (0) SRV first, then A/AAAA with 5060. Answers are kept for a short time, and one question runs only once at a time.
 */
export class Resolver {
  readonly #dns: Dns;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #known = new Map<string, Known>();

  constructor(dns: Dns, now: () => number, random: () => number = Math.random) {
    this.#dns = dns;
    this.#now = now;
    this.#random = random;
  }

  /**
   * @returns at once for an IP address; else all targets in the order to try them
   * @throws SwitchroomError `sip-unreachable` (as rejection) where the name has no address
   */
  resolve(protocol: Protocol, host: string, port: number): Resolved[] | Promise<Resolved[]> {
    if (familyOf(host) !== 0) return [{ address: host, port: port === 0 ? defaultPort(protocol) : port }];
    const key = `${protocol}/${host}:${port}`;
    const now = this.#now();
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now) return known.answer;
    const entry: Known = { until: now + goodForMs, answer: this.#ask(protocol, host, port) };
    entry.answer.catch(() => {
      entry.until = this.#now() + badForMs; // the caller sees the failure itself; here only: ask again soon
    });
    this.#known.delete(key);
    this.#known.set(key, entry);
    if (this.#known.size > remembered) this.#known.delete(this.#known.keys().next().value!);
    return entry.answer;
  }

  async #ask(protocol: Protocol, host: string, port: number): Promise<Resolved[]> {
    try {
      // RFC 6761 §6.4; contacts of browsers are such names.
      if (host.endsWith('.invalid')) throw new Error('names under .invalid have no address');
      if (port !== 0) return await this.#addresses(host, port);
      const records = await this.#dns.srv(protocol === 'tls' ? `_sips._tcp.${host}` : `_sip._${protocol}.${host}`);
      if (records.length === 0) return await this.#addresses(host, defaultPort(protocol));
      const found: Resolved[] = [];
      for (const record of this.#inOrder(records)) {
        const addresses = await this.#addresses(record.name, record.port).catch(() => []); // the next record may be good
        found.push(...addresses);
      }
      if (found.length === 0) throw new Error('no SRV target has an address');
      return found;
    } catch (error) {
      throw transportErrors['sip-unreachable']({ reason: 'its name cannot be resolved' }, { cause: error });
    }
  }

  async #addresses(host: string, port: number): Promise<Resolved[]> {
    const addresses = await this.#dns.addresses(host);
    return addresses.map((address) => ({ address: plainAddress(address), port }));
  }

  /** RFC 2782: lowest priority first, within one at random by weight. */
  #inOrder(records: readonly SrvRecord[]): SrvRecord[] {
    const left = [...records].sort((one, other) => one.priority - other.priority || one.weight - other.weight);
    const ordered: SrvRecord[] = [];
    while (left.length > 0) {
      const priority = left[0]!.priority;
      const group = left.filter((record) => record.priority === priority);
      const total = group.reduce((sum, record) => sum + record.weight, 0);
      let pick = this.#random() * total;
      let chosen = group[0]!;
      for (chosen of group) {
        pick -= chosen.weight;
        if (pick <= 0) break;
      }
      ordered.push(chosen);
      left.splice(left.indexOf(chosen), 1);
    }
    return ordered;
  }
}

/** Node's DNS: SRV by the configured servers, addresses by the system (so that the hosts file counts). */
export function systemDns(): Dns {
  const resolver = new DnsResolver({ timeout: 2_000, tries: 2 });
  return {
    async srv(name) {
      try {
        return await resolver.resolveSrv(name);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        // No SRV record is an ordinary answer; a silent server may still be got round by the hosts file.
        if (['ENOTFOUND', 'ENODATA', 'ETIMEOUT', 'ECONNREFUSED', 'ESERVFAIL', 'EREFUSED'].includes(code ?? ''))
          return [];
        throw error;
      }
    },
    async addresses(host) {
      const found = await lookup(host, { all: true, order: 'ipv4first' });
      return found.map((entry) => entry.address);
    },
  };
}
