import { ownText } from '../../../values/index.ts';
import { headerKey, isToken } from './header-names.ts';

/**
 * The headers of a message: order and unknown names kept, values raw (unfolded, trimmed). Names may be asked for in any
 * case and in compact form. One entry is one line; a line of a list header may hold several values (see `splitList`).
 */
export class Headers {
  /** Grows with every change; what was read from headers and remembered is good for one revision only. */
  revision = 0;
  #names: string[] = [];
  #keys: string[] = [];
  #values: string[] = [];

  /** How many lines. */
  get size(): number {
    return this.#keys.length;
  }

  /** The first line's raw value. */
  get(name: string): string | undefined {
    const at = this.#keys.indexOf(headerKey(name));
    return at < 0 ? undefined : this.#values[at];
  }

  has(name: string): boolean {
    return this.#keys.includes(headerKey(name));
  }

  /** The raw values of all lines of that name, from the top. */
  all(name: string): string[] {
    const key = headerKey(name);
    const found: string[] = [];
    for (let i = 0; i < this.#keys.length; i++) if (this.#keys[i] === key) found.push(this.#values[i]!);
    return found;
  }

  /** How many lines have that name. */
  count(name: string): number {
    const key = headerKey(name);
    let count = 0;
    for (let i = 0; i < this.#keys.length; i++) if (this.#keys[i] === key) count++;
    return count;
  }

  /** Replaces the first line of that name and removes its others; adds one at the end where there is none. */
  set(name: string, value: string): this {
    checkLine(name, value);
    const key = headerKey(name);
    const at = this.#keys.indexOf(key);
    if (at < 0) return this.append(name, key, value);
    this.#values[at] = value;
    this.#names[at] = name;
    for (let i = this.#keys.length - 1; i > at; i--) if (this.#keys[i] === key) this.#removeAt(i);
    this.revision++;
    return this;
  }

  /** Replaces the value of the first line only (Via, Route). @throws Error where there is none */
  setFirst(name: string, value: string): this {
    checkLine(name, value);
    const at = this.#keys.indexOf(headerKey(name));
    if (at < 0) throw new Error(`no ${name} header to replace`);
    this.#values[at] = value;
    this.revision++;
    return this;
  }

  /** Adds a line at the end. */
  add(name: string, value: string): this {
    checkLine(name, value);
    return this.append(name, headerKey(name), value);
  }

  /** Adds a line on top. */
  prepend(name: string, value: string): this {
    checkLine(name, value);
    this.#names.unshift(name);
    this.#keys.unshift(headerKey(name));
    this.#values.unshift(value);
    this.revision++;
    return this;
  }

  /** Removes all lines of that name. @returns how many there were */
  remove(name: string): number {
    const key = headerKey(name);
    let removed = 0;
    for (let i = this.#keys.length - 1; i >= 0; i--) {
      if (this.#keys[i] !== key) continue;
      this.#removeAt(i);
      removed++;
    }
    if (removed > 0) this.revision++;
    return removed;
  }

  /** Removes all lines but those of these keys (lower case), and keeps of the message's text no more than they hold. */
  keepOnly(keys: readonly string[]): void {
    const kept = this.#keys.map((_, at) => at).filter((at) => keys.includes(this.#keys[at]!));
    // New arrays: a shortened one keeps its room.
    this.#names = kept.map((at) => this.#names[at]!);
    this.#values = kept.map((at) => ownText(this.#values[at]!));
    this.#keys = kept.map((at) => this.#keys[at]!);
    this.revision++;
  }

  /** Removes the first line of that name. @returns its value */
  removeFirst(name: string): string | undefined {
    const at = this.#keys.indexOf(headerKey(name));
    if (at < 0) return undefined;
    const value = this.#values[at];
    this.#removeAt(at);
    this.revision++;
    return value;
  }

  /** Adds all lines of that name from another message, as they are. */
  copy(name: string, from: Headers): this {
    const key = headerKey(name);
    for (let i = 0; i < from.#keys.length; i++) {
      if (from.#keys[i] === key) this.append(from.#names[i]!, key, from.#values[i]!);
    }
    return this;
  }

  /** All lines in order: name as written, raw value. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (let i = 0; i < this.#keys.length; i++) yield [this.#names[i]!, this.#values[i]!];
  }

  clone(): Headers {
    const copy = new Headers();
    for (let i = 0; i < this.#keys.length; i++) copy.append(this.#names[i]!, this.#keys[i]!, this.#values[i]!);
    return copy;
  }

  /** For the parser: name and value are known to be good, the key is at hand. */
  append(name: string, key: string, value: string): this {
    this.#names.push(name);
    this.#keys.push(key);
    this.#values.push(value);
    this.revision++;
    return this;
  }

  /** For the parser: a folded line goes on (RFC 3261 §7.3.1: as if by one space). */
  extendLast(more: string): void {
    const last = this.#values.length - 1;
    const value = this.#values[last];
    this.#values[last] = value === '' || value === undefined ? more : more === '' ? value : `${value} ${more}`;
    this.revision++;
  }

  /** The header lines with CRLF each; Content-Length says `bodyBytes`, in its old place or last. */
  serialise(bodyBytes: number): string {
    let text = '';
    let lengthWritten = false;
    for (let i = 0; i < this.#keys.length; i++) {
      if (this.#keys[i] !== 'content-length') {
        text += `${this.#names[i]}: ${this.#values[i]}\r\n`;
      } else if (!lengthWritten) {
        text += `Content-Length: ${bodyBytes}\r\n`;
        lengthWritten = true;
      }
    }
    return lengthWritten ? text : `${text}Content-Length: ${bodyBytes}\r\n`;
  }

  #removeAt(at: number): void {
    this.#names.splice(at, 1);
    this.#keys.splice(at, 1);
    this.#values.splice(at, 1);
  }
}

/** What goes into a message must not be able to smuggle in a line. */
function checkLine(name: string, value: string): void {
  if (!isToken(name)) throw new RangeError('a header name is not a token');
  if (value.includes('\n') || value.includes('\r')) throw new RangeError(`the value of ${name} holds a line break`);
}
