// A pushed message as its fields, whether the account pushes XML or JSON.
import { exactJson, isObject } from '../provider/index.ts';
import { readXml, type XmlElements, XmlError, type XmlValue } from '../weixin/index.ts';

/**
 * Fields of a message. JSON has the same names as XML; its numbers become their digits.
 * @returns undefined where it is neither
 */
export function messageOf(body: string): XmlElements | undefined {
  try {
    if (body.trimStart().startsWith('{')) {
      const json = exactJson(body);
      return isObject(json) ? (asText(json) as XmlElements) : undefined;
    }
    return readXml(body);
  } catch (error) {
    if (error instanceof XmlError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function asText(value: unknown): XmlValue | XmlValue[] {
  if (Array.isArray(value)) return value.map((one) => asText(one) as XmlValue);
  if (!isObject(value)) return value === null || value === undefined ? '' : String(value);
  const fields = Object.create(null) as Record<string, XmlValue | XmlValue[]>;
  for (const [name, one] of Object.entries(value)) fields[name] = asText(one);
  return fields;
}
