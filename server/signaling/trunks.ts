// Which trunk a message comes from, by its source address alone; what a message says about itself proves nothing.
import { BlockList, isIP } from 'node:net';
import type { Logger } from 'pino';
import type { Directory, TrunkRecord } from '../ports/index.ts';

interface Range {
  trunk: string;
  list: BlockList;
  /** Prefix length: the longest match wins. */
  bits: number;
}

/** Source addresses to trunks, kept in step with the directory; single addresses cost one look-up. */
export class Trunks {
  readonly #directory: Directory;
  readonly #log: Logger;
  #exact = new Map<string, string>();
  #ranges: Range[] = [];
  /** Calls up or being set up, by trunk. */
  readonly #calls = new Map<string, number>();

  constructor(directory: Directory, logger: Logger) {
    this.#directory = directory;
    this.#log = logger;
    this.#build();
    directory.on('changed', (kind) => {
      if (kind === 'trunks') this.#build();
    });
  }

  /** @param address IPv4 or IPv6, without brackets */
  bySource(address: string): TrunkRecord | undefined {
    const plain = plainAddress(address);
    const name = this.#exact.get(plain) ?? this.#inRange(plain);
    return name === undefined ? undefined : this.#directory.trunks.get(name);
  }

  /** Takes a place among the trunk's calls. @returns false where it is full */
  enter(trunk: TrunkRecord): boolean {
    const now = this.#calls.get(trunk.name) ?? 0;
    if (trunk.maxCalls !== undefined && now >= trunk.maxCalls) return false;
    this.#calls.set(trunk.name, now + 1);
    return true;
  }

  leave(trunk: string): void {
    const now = this.#calls.get(trunk) ?? 0;
    if (now <= 1) this.#calls.delete(trunk);
    else this.#calls.set(trunk, now - 1);
  }

  /** Calls by trunk. */
  counts(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  #inRange(address: string): string | undefined {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    for (const { trunk, list } of this.#ranges) if (list.check(address, family)) return trunk;
    return undefined;
  }

  #build(): void {
    const exact = new Map<string, string>();
    const ranges: Range[] = [];
    for (const { name, sources } of this.#directory.trunks.list()) {
      for (const source of sources) {
        const [address = '', bits] = source.split('/');
        const version = isIP(address);
        if (version === 0) {
          this.#log.error({ trunk: name, source }, 'source of a trunk is no address; nothing comes from it');
          continue;
        }
        if (bits === undefined) {
          exact.set(plainAddress(address), name);
          continue;
        }
        const list = new BlockList();
        list.addSubnet(address, Number(bits), version === 6 ? 'ipv6' : 'ipv4');
        ranges.push({ trunk: name, list, bits: Number(bits) });
      }
    }
    this.#exact = exact;
    this.#ranges = ranges.sort((a, b) => b.bits - a.bits);
  }
}

/** IPv4 mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. */
function plainAddress(address: string): string {
  const lower = address.toLowerCase();
  return lower.startsWith('::ffff:') && lower.includes('.') ? lower.slice(7) : lower;
}
