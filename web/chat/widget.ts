// <script src="https://chat.bank.example/chat/widget.js" data-channel="bank-web" data-identity="…" data-language="zh" async></script>
// The page may call: SwitchroomChat.open(), .close(), .identify(token).
import type { WidgetConfig } from '../../sidecar/channels/webchat/protocol.ts';
import { keepAlive, type Storing } from './line.ts';
import { Panel } from './panel.ts';
import type { Language } from './texts.ts';

interface Api {
  open(): void;
  close(): void;
  /** Who is logged in now, as the page's server signed it; undefined: nobody. */
  identify(token: string | undefined): void;
}

declare global {
  interface Window {
    SwitchroomChat?: Api;
  }
}

const script = document.currentScript as HTMLScriptElement | null;

/** Where the browser lets nobody store anything, a conversation lasts as long as the page. */
function storing(prefix: string): Storing {
  const memory = new Map<string, string>();
  const tried = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };
  return {
    get: (name) => memory.get(name) ?? tried(() => localStorage.getItem(prefix + name)) ?? undefined,
    set(name, value) {
      memory.set(name, value);
      tried(() => localStorage.setItem(prefix + name, value));
    },
  };
}

async function begin({ src, dataset }: HTMLScriptElement): Promise<void> {
  const { channel = '', identity, language } = dataset;
  const url = new URL(`${encodeURIComponent(channel)}`, src).href;
  const response = await fetch(`${url}/config`, { credentials: 'omit' });
  if (!response.ok) throw new Error(`Switchroom chat: the channel "${channel}" answers ${response.status}`);
  const config = (await response.json()) as WidgetConfig;
  const asked = language ?? document.documentElement.lang ?? '';
  const spoken: Language = /^zh/i.test(asked) ? 'zh' : /^en/i.test(asked) ? 'en' : config.language;
  const panel = new Panel(url, config, spoken, storing(`switchroom-chat:${url}:`));
  panel.line.identify(identity);
  keepAlive(panel.line);
  panel.mount();
  window.SwitchroomChat = {
    open: () => panel.open(),
    close: () => panel.close(),
    identify: (token) => panel.line.identify(token),
  };
}

if (script && !window.SwitchroomChat) {
  const start = () => void begin(script).catch((error: unknown) => console.error(error));
  if (document.body) start();
  else addEventListener('DOMContentLoaded', start);
}
