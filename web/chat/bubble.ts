// One message as it is shown.
import type { Shown, ShownMessage } from '../../sidecar/channels/webchat/protocol.ts';
import { h } from './element.ts';
import type { Texts } from './texts.ts';

export interface BubbleOptions {
  say: Texts;
  /** Base of files' addresses. */
  url: string;
  choose(key: string, label: string): void;
}

export function bubble(
  { from, name, content, id }: Omit<ShownMessage, 't' | 'seq' | 'at'>,
  options: BubbleOptions,
): HTMLElement {
  const { say } = options;
  const by = from === 'visitor' ? say.you : (name ?? (from === 'agent' ? say.agent : say[from]));
  return h('div', { class: `m ${from}`, 'data-id': id }, h('div', { class: 'by' }, by), body(content, options));
}

function body(content: Shown, { url, choose }: BubbleOptions): HTMLElement {
  switch (content.type) {
    case 'text':
      return h('div', { class: 'b' }, ...linked(content.text));
    case 'link':
      return h(
        'div',
        { class: 'b' },
        link(content.url, content.title ?? content.url),
        content.description && `\n${content.description}`,
      );
    case 'file': {
      const address = `${url}/${content.url}`;
      const inPlace = content.kind === 'image' && /^image\/(png|jpeg|gif|webp|bmp)$/.test(content.mime);
      const shown = inPlace
        ? h('img', { src: address, alt: content.name })
        : `${content.name} (${size(content.bytes)})`;
      const anchor = h('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, shown);
      return h('div', { class: 'b' }, anchor, content.caption);
    }
    case 'menu': {
      const choices = h('div', { class: 'choices', role: 'group', 'aria-label': content.text });
      for (const { key, label } of content.choices) {
        const chosen = () => {
          for (const one of choices.querySelectorAll('button')) one.disabled = true;
          choose(key, label);
        };
        choices.append(h('button', { type: 'button', click: chosen }, label));
      }
      return h('div', {}, h('div', { class: 'b' }, content.text), choices);
    }
  }
}

function linked(text: string): (Node | string)[] {
  return text.split(/(https?:\/\/[^\s<>"')\]，。]+)/).map((part, at) => (at % 2 === 1 ? link(part, part) : part));
}

function link(url: string, text: string): HTMLElement {
  const safe = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return safe ? h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text) : h('span', {}, text);
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
