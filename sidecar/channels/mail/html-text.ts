// The text of an HTML mail. The HTML itself is never shown and nothing of it is fetched: what a mail wants to run, load or
// hide stays behind. One pass, linear, bounded.
import { Parser } from 'htmlparser2';

/** Characters of text that are made at most; the rest of the mail stays in its original. */
const most = 400_000;
/** Elements open at once that are followed; deeper ones are read as if they stood there. */
const mostDeep = 200;
/** Deeper, the parser itself grows slow; nobody writes so. What follows is left out, with a mark. */
const tooDeep = 2_000;

const silent = new Set(['script', 'style', 'head', 'title', 'template', 'noscript', 'svg', 'math', 'object', 'iframe']);
const block = new Set(
  'address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul'.split(
    ' ',
  ),
);
/** Around them stands an empty line. */
const paragraph = new Set(['p', 'blockquote', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'pre', 'table']);

interface Open {
  name: string;
  silent: boolean;
  quote: boolean;
  href?: string | undefined;
  /** Where its text begins, for links. */
  from: number;
}

/**
 * @param html as decoded
 * @returns plain text: lists with "- ", links as "text (https://…)", quotes with "> " as in plain mails, images by their alt text
 */
export function htmlText(html: string): string {
  const writer = new Writer();
  const open: Open[] = [];
  let silentDepth = 0;
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (++depth === tooDeep) parser.pause();
        const quiet = silent.has(name) || hidden(attributes);
        const quote = name === 'blockquote';
        if (quiet) silentDepth++;
        if (silentDepth === 0) {
          if (paragraph.has(name)) writer.empty();
          else if (block.has(name)) writer.line();
          if (name === 'br') writer.newline();
          else if (name === 'hr') writer.rule();
          else if (name === 'li') writer.text('- ', true);
          else if (name === 'td' || name === 'th') writer.cell();
          else if (name === 'img' && attributes.alt?.trim())
            writer.text(`[${attributes.alt.trim().slice(0, 200)}]`, true);
          if (quote) writer.quote(1);
          if (name === 'pre') writer.pre(1);
        }
        if (open.length < mostDeep) {
          const href = name === 'a' && /^https?:\/\//i.test(attributes.href ?? '') ? attributes.href : undefined;
          open.push({ name, silent: quiet, quote: quote && silentDepth === 0, href, from: writer.length });
        } else if (quiet) silentDepth--;
      },
      ontext(text) {
        if (silentDepth === 0) writer.text(text, false);
      },
      onclosetag(name) {
        depth--;
        const at = open.findLastIndex((one) => one.name === name);
        if (at < 0) return;
        for (const one of open.splice(at).reverse()) {
          if (one.silent) silentDepth--;
          if (silentDepth > 0) continue;
          if (one.href && !writer.since(one.from).includes(one.href)) writer.text(` (${one.href.slice(0, 500)})`, true);
          if (one.quote) {
            writer.line();
            writer.quote(-1);
          }
          if (one.name === 'pre') writer.pre(-1);
          if (paragraph.has(one.name)) writer.empty();
          else if (block.has(one.name)) writer.line();
        }
      },
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  // In pieces, so that it can end early.
  for (let at = 0; at < html.length && !writer.full && depth < tooDeep; at += 65_536)
    parser.write(html.slice(at, at + 65_536));
  if (depth < tooDeep) parser.end();
  else writer.text('[…]', true);
  return writer.result();
}

/** What a sender hides from the eye is not read to the agent either: preview lines, tricks with white text. */
function hidden(attributes: Readonly<Record<string, string>>): boolean {
  if (attributes.hidden !== undefined) return true;
  const style = attributes.style;
  return (
    style !== undefined &&
    style.length < 5_000 &&
    /display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?![.\d])/i.test(style)
  );
}

class Writer {
  #parts: string[] = [];
  #length = 0;
  /** The line that is being written, without its quote marks. */
  #now = '';
  #space = false;
  #quote = 0;
  #pre = 0;
  /** Empty lines that stand at the end. */
  #blank = 1;

  get length(): number {
    return this.#length + this.#now.length;
  }

  get full(): boolean {
    return this.#length > most;
  }

  text(text: string, exact: boolean): void {
    if (this.full) return;
    if (this.#pre > 0) {
      const lines = text.split(/\r?\n/);
      for (const [index, line] of lines.entries()) {
        if (index > 0) this.newline();
        this.#now += line;
      }
      return;
    }
    const flat = exact ? text : text.replace(/[ \t\r\n\f]+/g, ' ');
    for (const piece of exact ? [flat] : flat.split(/(?<= )|(?= )/)) {
      if (!exact && piece === ' ') {
        this.#space = this.#now !== '' && !this.#now.endsWith(' ');
        continue;
      }
      if (this.#space) this.#now += ' ';
      this.#space = false;
      this.#now += exact ? piece : piece.replace(/ $/, '');
      if (!exact && piece.endsWith(' ')) this.#space = true;
    }
  }

  since(length: number): string {
    return this.#now.slice(Math.max(0, length - this.#length));
  }

  cell(): void {
    if (this.#now.trim() !== '') this.text('\t', true);
  }

  newline(): void {
    this.#put();
  }

  line(): void {
    if (this.#now.trim() !== '') this.#put();
    this.#now = '';
  }

  empty(): void {
    this.line();
    if (this.#blank === 0) this.#put();
  }

  rule(): void {
    this.line();
    this.#now = '-----';
    this.#put();
  }

  quote(by: 1 | -1): void {
    this.#quote = Math.max(0, Math.min(20, this.#quote + by));
  }

  pre(by: 1 | -1): void {
    this.#pre = Math.max(0, this.#pre + by);
  }

  #put(): void {
    const text = this.#pre > 0 ? this.#now : this.#now.replace(/[ \t]+$/, '');
    this.#now = '';
    this.#space = false;
    this.#blank = text === '' ? this.#blank + 1 : 0;
    if (this.#blank > 2) return;
    const line = this.#quote > 0 ? `${'> '.repeat(this.#quote)}${text}`.trimEnd() : text;
    this.#parts.push(line);
    this.#length += line.length + 1;
  }

  result(): string {
    this.line();
    return this.#parts.join('\n').replaceAll('\u00a0', ' ').slice(0, most).trim();
  }
}
