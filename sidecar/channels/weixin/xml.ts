// The XML that WeChat, WeCom and (on wish) Weibo speak: flat elements, CDATA, a few nested lists. Own reader, because what
// makes XML dangerous (DTDs, entities of one's own, external references) is simply not in it: such input is refused.

export interface XmlElements {
  readonly [name: string]: XmlValue | readonly XmlValue[];
}
export type XmlValue = string | XmlElements;

const most = { characters: 512 * 1024, elements: 2_000, depth: 8 } as const;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/**
 * Reads `<xml>…</xml>`: the elements inside of the root. An element that stands several times is a list.
 * @throws XmlError for everything that is not plain elements, text and CDATA (attributes, comments, DTDs), or is too much
 */
export function readXml(text: string): XmlElements {
  if (text.length > most.characters) throw new XmlError('too long');
  const reader = new Reader(text);
  return reader.document();
}

/** The text of an element that stands once; undefined where it is empty, nested or not there. */
export function xmlText(elements: XmlElements, name: string): string | undefined {
  const value = elements[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The elements inside of an element; an empty one where it is a text or not there. */
export function xmlInside(elements: XmlElements, name: string): XmlElements {
  const value = elements[name];
  return typeof value === 'object' && !isList(value) ? value : {};
}

/** All elements of that name, one or many, that hold elements. */
export function xmlEach(elements: XmlElements, name: string): XmlElements[] {
  const value = elements[name];
  const all: readonly XmlValue[] = value === undefined ? [] : isList(value) ? value : [value];
  return all.filter((one): one is XmlElements => typeof one === 'object');
}

function isList(value: XmlValue | readonly XmlValue[]): value is readonly XmlValue[] {
  return Array.isArray(value);
}

class Reader {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElements {
    const prolog = /^\uFEFF?\s*(<\?xml[^<>]*\?>)?\s*/.exec(this.#text);
    this.#at = prolog?.[0].length ?? 0;
    const { name, empty } = this.#open();
    const root = empty ? {} : this.#inside(name, 1);
    if (this.#text.slice(this.#at).trim() !== '') throw new XmlError('something stands behind the root element');
    return typeof root === 'string' ? none() : root;
  }

  #open(): { name: string; empty: boolean } {
    const tag = /<([A-Za-z_][\w.-]{0,99})\s*(\/?)>/y;
    tag.lastIndex = this.#at;
    const match = tag.exec(this.#text);
    if (match === null) throw new XmlError('only plain elements are read');
    this.#at = tag.lastIndex;
    if (++this.#elements > most.elements) throw new XmlError('too many elements');
    return { name: match[1] as string, empty: match[2] === '/' };
  }

  /** Until the closing tag. Where elements stand inside, white space between them means nothing. */
  #inside(name: string, depth: number): XmlValue {
    if (depth > most.depth) throw new XmlError('too deep');
    let said = '';
    let inner: Record<string, XmlValue | XmlValue[]> | undefined;
    for (;;) {
      const next = this.#text.indexOf('<', this.#at);
      if (next < 0) throw new XmlError('the end is missing');
      said += withoutEntities(this.#text.slice(this.#at, next));
      this.#at = next;
      if (this.#text.startsWith('<![CDATA[', next)) {
        const end = this.#text.indexOf(']]>', next);
        if (end < 0) throw new XmlError('the end of CDATA is missing');
        said += this.#text.slice(next + 9, end);
        this.#at = end + 3;
      } else if (this.#text.startsWith('</', next)) {
        const close = /<\/([\w.-]+)\s*>/y;
        close.lastIndex = next;
        const match = close.exec(this.#text);
        if (match?.[1] !== name) throw new XmlError('elements are not closed in order');
        this.#at = close.lastIndex;
        if (inner === undefined) return said;
        if (said.trim() !== '') throw new XmlError('text and elements are mixed');
        return inner;
      } else {
        const child = this.#open();
        const value = child.empty ? '' : this.#inside(child.name, depth + 1);
        inner ??= none();
        const before = inner[child.name];
        inner[child.name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
      }
    }
  }
}

/** Without a prototype, so that no name of an element can mean something else. */
function none(): Record<string, XmlValue | XmlValue[]> {
  return Object.create(null) as Record<string, XmlValue | XmlValue[]>;
}

function withoutEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|([a-z]{1,8}));|&/g, (all, decimal, hex, name) => {
    const known = name === undefined ? undefined : entities[name as string];
    if (known !== undefined) return known;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    if (!(code > 0 && code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) throw new XmlError(`unknown ${all}`);
    return String.fromCodePoint(code);
  });
}

export type XmlFields = { readonly [name: string]: string | number | XmlFields | readonly XmlFields[] };

/** Writes `<xml>…</xml>`: texts as CDATA, numbers plain; a list becomes `<item>` elements, as in WeChat's articles. */
export function writeXml(fields: XmlFields): string {
  return `<xml>${inside(fields)}</xml>`;
}

function inside(fields: XmlFields): string {
  return Object.entries(fields)
    .map(([name, value]) => `<${name}>${written(value)}</${name}>`)
    .join('');
}

function written(value: XmlFields[string]): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
  if (isFieldList(value)) return value.map((item) => `<item>${inside(item)}</item>`).join('');
  return inside(value);
}

function isFieldList(value: XmlFields | readonly XmlFields[]): value is readonly XmlFields[] {
  return Array.isArray(value);
}
