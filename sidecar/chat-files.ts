// The widget, and a page to try it on: /chat/widget.js, /chat/ (a page of the bank's would look like it), /chat/demo.css.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

const built = join(import.meta.dirname, '..', 'web', 'chat', 'dist', 'widget.js');

const css = `body { font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; max-width: 42em; margin: 3em auto; padding: 0 1em; color: #1b1f24; }
code { background: #eef1f5; padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere; }
`;

/** @param channels web chats, by name @returns whether it was asked for one of these */
export function chatFiles(channels: readonly string[]) {
  let kept: { mtimeMs: number; text: string; etag: string } | undefined;

  /** Read again when it was built again. */
  const widget = () => {
    const found = statSync(built, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (kept?.mtimeMs !== found.mtimeMs) {
      const text = readFileSync(built, 'utf8');
      const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
      kept = { mtimeMs: found.mtimeMs, text, etag };
    }
    return kept;
  };

  return ({ method, headers, url = '' }: IncomingMessage, response: ServerResponse, path: string): boolean => {
    if (method !== 'GET' && method !== 'HEAD') return false;
    const give = (status: number, type: string, text: string, more: Record<string, string> = {}): true => {
      const common = { 'content-type': `${type}; charset=utf-8`, 'x-content-type-options': 'nosniff' };
      response.writeHead(status, { ...common, ...more });
      response.end(method === 'HEAD' ? undefined : text);
      return true;
    };
    if (path === '/chat/widget.js') {
      const file = widget();
      if (file === undefined) return give(503, 'text/plain', 'The widget is not built: npm run prepare.\n');
      const { etag } = file;
      const more = { etag, 'cache-control': 'public, max-age=300', 'cross-origin-resource-policy': 'cross-origin' };
      if (headers['if-none-match'] === etag) return give(304, 'text/javascript', '', more);
      return give(200, 'text/javascript', file.text, more);
    }
    if (path === '/chat/demo.css') return give(200, 'text/css', css);
    if (path !== '/chat/' && path !== '/chat') return false;
    const wanted = new URL(url, 'http://sidecar').searchParams.get('channel');
    const channel = channels.find((one) => one === wanted) ?? channels[0];
    if (channel === undefined) return give(404, 'text/plain', 'No web chat is set up: docs/channels.md.\n');
    return give(200, 'text/html', page(channel), {
      'cache-control': 'no-store',
      // As strict as a bank's page may be: the widget must work there.
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'",
    });
  };
}

function page(channel: string): string {
  const line = `&lt;script src="…/chat/widget.js" data-channel="${channel}" async&gt;&lt;/script&gt;`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Demo bank</title>
<link rel="stylesheet" href="/chat/demo.css">
<h1>Demo bank</h1>
<p>The chat is at the lower right. A page of your own has it by one line:</p>
<p><code>${line}</code></p>
<p lang="zh">右下角是在线客服。在自己的页面中加入上面这一行即可使用。</p>
<script src="/chat/widget.js" data-channel="${channel}" async></script>
</html>
`;
}
