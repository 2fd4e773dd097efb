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

  async begin(id: string): Promise<void> {
    if (this.#call) return;
    this.#id = id;
    this.element.hidden = false;
    this.#status.textContent = this.#say.calling;
    try {
      this.#call = await VisitorCall.open((state) => {
        if (state === 'up') this.#status.textContent = this.#say.inCall;
        else if (state === 'over') this.#over();
      });
      this.#send({ t: 'call', id, offer: await this.#call.offer() });
    } catch {
      this.#call?.end();
      this.#failed(this.#say.noMicrophone);
    }
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
