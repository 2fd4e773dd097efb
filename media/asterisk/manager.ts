// Asterisk's manager over its HTTP server, for what ARI cannot do: one recording of both directions, in step. ARI records
// either a mix, or two snoops that drift apart at every pause of a phone that is silent without packets.
import { mediaErrors } from '../errors.ts';
import type { AriAddress } from './ari.ts';

const askMs = 5_000;

export class Manager {
  readonly #address: AriAddress;
  #cookie: string | undefined;
  /** A session does one thing at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(address: AriAddress) {
    this.#address = address;
  }

  /** @returns the fields of the answer @throws media-unavailable, media-failed */
  action(fields: Record<string, string>): Promise<Map<string, string>> {
    const turn = this.#turn.then(() => this.#inSession(fields));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #inSession(fields: Record<string, string>): Promise<Map<string, string>> {
    if (this.#cookie !== undefined) {
      const answer = await this.#post(fields);
      if (succeeded(answer)) return answer;
      // The session may be over: then once more with a new one.
      if (!/permission|authenticat/i.test(answer.get('message') ?? '')) throw refused(answer);
    }
    await this.#logIn();
    const answer = await this.#post(fields);
    if (!succeeded(answer)) throw refused(answer);
    return answer;
  }

  async #logIn(): Promise<void> {
    const { user, secret } = this.#address;
    this.#cookie = undefined;
    const answer = await this.#post({ action: 'login', username: user, secret, events: 'off' });
    if (!succeeded(answer)) throw refused(answer);
  }

  async #post(fields: Record<string, string>): Promise<Map<string, string>> {
    const { name, url } = this.#address;
    const headers: Record<string, string> = this.#cookie === undefined ? {} : { cookie: this.#cookie };
    let text: string;
    try {
      const response = await fetch(`${url}/rawman`, {
        method: 'POST',
        headers,
        body: new URLSearchParams(fields),
        signal: AbortSignal.timeout(askMs),
      });
      const cookie = response.headers.get('set-cookie')?.split(';')[0];
      if (cookie !== undefined) this.#cookie = cookie;
      text = await response.text();
    } catch (error) {
      const reason = `the manager of Asterisk ${name} does not answer`;
      throw mediaErrors['media-unavailable']({ reason }, { cause: error });
    }
    const answer = new Map<string, string>();
    for (const line of text.split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) answer.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    return answer;
  }
}

function succeeded(answer: Map<string, string>): boolean {
  return answer.get('response') === 'Success';
}

function refused(answer: Map<string, string>): Error {
  return mediaErrors['media-failed']({ reason: answer.get('message') ?? 'the manager of Asterisk gave no reason' });
}
