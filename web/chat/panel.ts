// The widget's window: what is said, what is written, and how things stand. Keyboard: Escape closes, Enter sends.
import type { Conversing, ShownMessage, ToVisitor, WidgetConfig } from '../../sidecar/channels/webchat/protocol.ts';
import { bubble } from './bubble.ts';
import { CallBar } from './call-bar.ts';
import { h, icon, icons } from './element.ts';
import { Line, type Storing, type Waiting } from './line.ts';
import { styles } from './styles.ts';
import { fill, type Language, type Texts, texts } from './texts.ts';

const typingShownMs = 6_000;

export class Panel {
  readonly line: Line;
  readonly #config: WidgetConfig;
  readonly #say: Texts;
  readonly #kept: Storing;
  readonly #url: string;
  readonly #root: HTMLElement;
  readonly #panel: HTMLElement;
  readonly #launch: HTMLButtonElement;
  readonly #badge = h('span', { class: 'badge', hidden: true });
  readonly #state = h('div', { class: 'state', role: 'status' });
  readonly #log = h('div', { class: 'log', role: 'log', 'aria-live': 'polite', tabindex: '0' });
  readonly #typing = h('div', { class: 'typing', 'aria-live': 'off' });
  readonly #text: HTMLTextAreaElement;
  readonly #form: HTMLFormElement;
  readonly #away: HTMLFormElement;
  readonly #call: CallBar;
  readonly #files = new Map<string, File>();
  readonly #share: HTMLInputElement;
  #unread = 0;
  #now: Conversing = { state: 'bot' };
  #online = false;
  #lastSeq = 0;
  #typedAt = 0;
  #typingTimer = 0;
  #page = '';

  constructor(url: string, config: WidgetConfig, language: Language, kept: Storing) {
    this.#url = url;
    this.#config = config;
    this.#kept = kept;
    const say: Texts = texts[language];
    this.#say = say;
    const title = config.title[language] ?? say.title;
    this.#text = h('textarea', { rows: '2', 'aria-label': say.write, placeholder: say.write, maxlength: '8000' });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener('input', () => this.#writes());
    const file = h('input', { type: 'file', hidden: true, change: () => this.#attach(file) });
    const attach = h(
      'button',
      { type: 'button', class: 'icon', 'aria-label': say.attach, click: () => file.click() },
      icon(icons.clip),
    );
    const send = h('button', { type: 'submit', class: 'icon', 'aria-label': say.send }, icon(icons.send));
    this.#form = h(
      'form',
      { class: 'say', submit: (event) => this.#submit(event) },
      config.attachments ? attach : undefined,
      file,
      this.#text,
      send,
    );
    this.#share = h('input', { type: 'checkbox', change: () => this.#shared() });
    this.#share.checked = config.page.share === 'on' || kept.get('share') === 'yes';
    const share = h('label', { class: 'share', hidden: config.page.share !== 'ask' }, this.#share, say.share);
    this.#away = this.#awayForm();
    this.#call = new CallBar(say, (message) => this.line.send(message));
    const call = () => void this.#call.begin(newId(), config.relays);
    const phone = config.call
      ? h('button', { type: 'button', class: 'icon', 'aria-label': say.call, click: call }, icon(icons.phone))
      : undefined;
    const close = h(
      'button',
      { type: 'button', class: 'icon', 'aria-label': say.close, click: () => this.close() },
      icon(icons.close),
    );
    this.#panel = h(
      'section',
      { class: 'panel', role: 'dialog', 'aria-label': title, hidden: true },
      h('header', {}, h('h2', {}, title), phone, close),
      this.#call.element,
      this.#state,
      this.#log,
      this.#typing,
      this.#away,
      share,
      this.#form,
    );
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    this.#launch = h(
      'button',
      { type: 'button', class: 'launch', 'aria-label': say.open, 'aria-expanded': 'false', click: () => this.open() },
      icon(icons.chat),
      this.#badge,
    );
    this.#root = h('div', { class: 'root', lang: language }, this.#panel, this.#launch);
    this.#root.style.setProperty('--c', config.color);
    this.line = new Line(url, kept, language, {
      welcome: ({ open, ...now }) => this.#welcome(open, now),
      message: (message) => this.#message(message),
      settled: (id, seq) => this.#settled(id, seq),
      heard: (message) => this.#heard(message),
      reset: () => this.#log.replaceChildren(),
      online: (is) => {
        this.#online = is;
        this.#stand();
      },
    });
    this.#stand();
  }

  /** Puts the widget on the page. */
  mount(): void {
    const host = h('div', { 'data-switchroom-chat': '' });
    const shadow = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(this.#root);
    document.body.append(host);
    // Somebody answered while she was elsewhere on the site.
    if (this.#kept.get('talks') === 'yes') this.line.open();
  }

  open(): void {
    this.#panel.hidden = false;
    this.#launch.hidden = true;
    this.#launch.setAttribute('aria-expanded', 'true');
    this.#root.classList.add('open');
    this.line.open();
    this.#read();
    (this.#form.hidden ? this.#away.querySelector('input') : this.#text)?.focus();
  }

  close(): void {
    this.#panel.hidden = true;
    this.#launch.hidden = false;
    this.#launch.setAttribute('aria-expanded', 'false');
    this.#root.classList.remove('open');
    this.#launch.focus();
  }

  #welcome(open: boolean, now: Conversing): void {
    this.#now = now;
    // Who is in a conversation goes on with it, whatever the hour.
    const away = !open && now.state !== 'active' && now.state !== 'queued';
    this.#away.hidden = !away;
    this.#form.hidden = away;
    if (this.#log.childElementCount === 0) this.#greet();
    for (const one of this.line.waiting) this.#mine(one);
    this.#stand();
    this.#page = '';
    this.#tellPage();
  }

  #greet(): void {
    const language = this.#root.lang as Language;
    const text = this.#config.greeting[language];
    if (text)
      this.#add({
        from: 'system',
        name: this.#config.title[language] ?? this.#say.title,
        id: 'greeting',
        content: { type: 'text', text },
      });
  }

  #message(message: ShownMessage): void {
    this.#lastSeq = message.seq;
    this.#log.querySelector(`[data-id="${CSS.escape(message.id)}"]`)?.remove();
    this.#add(message);
    if (message.from === 'visitor') return;
    this.#typing.textContent = '';
    if (this.#panel.hidden || document.visibilityState === 'hidden') {
      this.#unread++;
      this.#badge.textContent = String(this.#unread);
      this.#badge.hidden = false;
      this.#launch.setAttribute('aria-label', `${this.#say.open}, ${fill(this.#say.unread, { count: this.#unread })}`);
    } else this.#read();
  }

  #heard(message: ToVisitor): void {
    if (message.t === 'typing') {
      this.#typing.textContent = `${this.#now.agentName ?? this.#say.agent} ${this.#say.typing}`;
      clearTimeout(this.#typingTimer);
      this.#typingTimer = window.setTimeout(() => {
        this.#typing.textContent = '';
      }, typingShownMs);
    } else if (message.t === 'state') {
      const { t: _, ...now } = message;
      this.#now = now;
      this.#stand();
    } else if (message.t === 'call') this.#call.answered(message.id, message.answer);
    else if (message.t === 'relays') this.#call.relays(message.id, message.servers);
    else if (message.t === 'file') void this.#upload(message.id, message.url);
    else if (message.t === 'error') {
      if (message.code === 'slow-down') this.#state.textContent = this.#say.slow;
      if (message.id && this.#call.refused(message.id)) return;
      if (message.id && this.#files.delete(message.id)) this.#note(this.#say.fileFailed);
    }
  }

  #stand(): void {
    const say = this.#say;
    const { state, position, agentName } = this.#now;
    const text = () => {
      if (!this.#online) return this.#lastSeq === 0 ? say.connecting : say.offline;
      if (state === 'queued') return position ? fill(say.queued, { position }) : say.waiting;
      if (state === 'active') return fill(say.active, { agent: agentName ?? say.agent });
      return state === 'closed' ? say.closed : '';
    };
    this.#state.textContent = text();
  }

  #add(message: Omit<ShownMessage, 't' | 'seq' | 'at'>): HTMLElement {
    const shown = bubble(message, {
      say: this.#say,
      url: this.#url,
      choose: (key, label) => this.#out({ t: 'choose', id: newId(), key, label }),
    });
    const near = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 120;
    this.#log.append(shown);
    if (near || message.from === 'visitor') this.#log.scrollTop = this.#log.scrollHeight;
    return shown;
  }

  #mine(message: Waiting): void {
    if (this.#log.querySelector(`[data-id="${CSS.escape(message.id)}"]`)) return;
    const text = message.t === 'choose' ? (message.label ?? message.key) : message.text;
    const shown = this.#add({ from: 'visitor', id: message.id, content: { type: 'text', text } });
    shown.classList.add('waiting');
    shown.querySelector('.by')?.append(` · ${this.#say.sending}`);
  }

  #settled(id: string, seq: number | undefined): void {
    const shown = this.#log.querySelector(`[data-id="${CSS.escape(id)}"]`);
    shown?.classList.remove('waiting');
    const by = shown?.querySelector('.by');
    if (by) by.textContent = seq === undefined ? `${this.#say.you} · ${this.#say.failed}` : this.#say.you;
    if (seq === undefined) shown?.classList.add('failed');
  }

  #out(message: Waiting): void {
    this.#kept.set('talks', 'yes');
    this.#tellPage();
    this.#mine(message);
    this.line.say(message);
  }

  #submit(event: Event): void {
    event.preventDefault();
    this.#send();
  }

  #send(): void {
    const text = this.#text.value.trim();
    if (text === '') return;
    this.#text.value = '';
    this.#out({ t: 'say', id: newId(), text });
  }

  #writes(): void {
    const now = Date.now();
    if (now - this.#typedAt < 3_000 || this.#text.value === '') return;
    this.#typedAt = now;
    this.line.send({ t: 'typing' });
  }

  #read(): void {
    this.#unread = 0;
    this.#badge.hidden = true;
    this.#launch.setAttribute('aria-label', this.#say.open);
    if (this.#lastSeq > 0) this.line.send({ t: 'read', seq: this.#lastSeq });
  }

  #attach(input: HTMLInputElement): void {
    const file = input.files?.[0];
    input.value = '';
    if (!file) return;
    if (file.size > this.#config.mostBytes) {
      this.#note(this.#say.tooLarge);
      return;
    }
    const id = newId();
    this.#files.set(id, file);
    this.line.send({ t: 'file', id, name: file.name.slice(-255), bytes: file.size });
  }

  async #upload(id: string, path: string): Promise<void> {
    const file = this.#files.get(id);
    this.#files.delete(id);
    if (!file) return;
    this.#kept.set('talks', 'yes');
    try {
      const headers = { 'content-type': file.type || 'application/octet-stream' };
      const response = await fetch(`${this.#url}/${path}`, {
        method: 'POST',
        headers,
        body: file,
        credentials: 'omit',
      });
      if (response.ok) return;
      const { message = '' } = (await response.json().catch(() => ({}))) as { message?: string };
      this.#note(this.#say.fileFailed + message);
    } catch {
      this.#note(this.#say.fileFailed);
    }
  }

  #note(text: string): void {
    this.#add({ from: 'system', id: newId(), content: { type: 'text', text } });
  }

  #shared(): void {
    this.#kept.set('share', this.#share.checked ? 'yes' : 'no');
    this.#tellPage();
  }

  /** The address without query and fragment, but for what the site allows; only where she agreed. */
  #tellPage(): void {
    const { share, query } = this.#config.page;
    if (share === 'off' || !this.#share.checked) return;
    const given = new URLSearchParams(location.search);
    const told = new URLSearchParams([...given].filter(([name]) => query.includes(name)));
    const url = location.origin + location.pathname + (told.size > 0 ? `?${told}` : '');
    if (url === this.#page) return;
    this.#page = url;
    this.line.send({ t: 'page', url, title: document.title.slice(0, 300) });
  }

  #awayForm(): HTMLFormElement {
    const { name, mail, phone, message, leave, left, away } = this.#say;
    const fields = {
      name: h('input', { autocomplete: 'name', maxlength: '200' }),
      mail: h('input', { type: 'email', autocomplete: 'email', maxlength: '320' }),
      phone: h('input', { type: 'tel', autocomplete: 'tel', maxlength: '40' }),
      text: h('textarea', { rows: '4', required: true, maxlength: '8000' }),
    };
    const form = h(
      'form',
      {
        class: 'away',
        hidden: true,
        submit: (event) => {
          event.preventDefault();
          const [text, of] = [fields.text.value.trim(), (one: HTMLInputElement) => one.value.trim() || undefined];
          if (text === '') return;
          this.#out({
            t: 'offline',
            id: newId(),
            text,
            name: of(fields.name),
            mail: of(fields.mail),
            phone: of(fields.phone),
          });
          form.reset();
          this.#note(left);
        },
      },
      h('p', {}, away),
      h('label', {}, name, fields.name),
      h('label', {}, mail, fields.mail),
      h('label', {}, phone, fields.phone),
      h('label', {}, message, fields.text),
      h('button', { type: 'submit' }, leave),
    );
    return form;
  }
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
