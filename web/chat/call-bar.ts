// What is shown of a call: how it stands, a keypad, and the button that ends it.
import type { FromVisitor } from '../../sidecar/channels/webchat/protocol.ts';
import { VisitorCall } from './call.ts';
import { h } from './element.ts';
import type { Texts } from './texts.ts';

export class CallBar {
  readonly element: HTMLElement;
  readonly #say: Texts;
  readonly #send: (message: FromVisitor) => void;
  readonly #status = h('span', { role: 'status' });
  #call: VisitorCall | undefined;
  #id = '';
  #relays: ((servers: RTCIceServer[]) => void) | undefined;

  constructor(say: Texts, send: (message: FromVisitor) => void) {
    this.#say = say;
    this.#send = send;
    const keys = h('div', { class: 'keys', role: 'group', 'aria-label': say.keypad });
    for (const key of '123456789*0#') {
      keys.append(h('button', { type: 'button', click: () => send({ t: 'digits', digits: key }) }, key));
    }
    const end = h('button', { type: 'button', class: 'end', click: () => this.end() }, say.hangUp);
    // Who leaves the page leaves the call, at once and not when it is no longer heard.
    addEventListener('pagehide', () => {
      if (this.#call) this.end();
    });
    this.element = h('div', { class: 'call', hidden: true }, h('div', {}, this.#status, end), keys);
  }

  /** @param relays whether there are servers to be asked for first */
  async begin(id: string, relays: boolean): Promise<void> {
    if (this.#call || this.#relays) return;
    this.#id = id;
    this.element.hidden = false;
    this.#status.textContent = this.#say.calling;
    try {
      const servers = relays ? await this.#ask(id) : [];
      this.#call = await VisitorCall.open(servers, (state) => {
        if (state === 'up') this.#status.textContent = this.#say.inCall;
        else if (state === 'over') this.#over();
      });
      this.#send({ t: 'call', id, offer: await this.#call.offer() });
    } catch {
      this.#call?.end();
      this.#failed(this.#say.noMicrophone);
    }
  }

  relays(id: string, servers: RTCIceServer[]): void {
    if (id === this.#id) this.#relays?.(servers);
  }

  /** Without an answer in time the call is tried without them. */
  async #ask(id: string): Promise<RTCIceServer[]> {
    const servers = await new Promise<RTCIceServer[]>((done) => {
      this.#relays = done;
      setTimeout(() => done([]), 3_000);
      this.#send({ t: 'relays', id });
    });
    this.#relays = undefined;
    return servers;
  }

  answered(id: string, sdp: string): void {
    if (id === this.#id) this.#call?.answered(sdp).catch(() => this.end());
  }

  /** @returns whether it was its own */
  refused(id: string): boolean {
    if (id !== this.#id || !this.#call) return false;
    this.#call.end();
    this.#failed(this.#say.noCall);
    return true;
  }

  end(): void {
    this.#send({ t: 'hangup' });
    if (this.#call) this.#call.end();
    else this.#over();
  }

  #over(): void {
    this.#call = undefined;
    this.element.hidden = true;
  }

  #failed(why: string): void {
    this.#call = undefined;
    this.element.hidden = false;
    this.#status.textContent = why;
  }
}
