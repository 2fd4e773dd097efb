import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('../../../web/src/styles/tokens.css', import.meta.url), 'utf8');

/** The token's colour as the theme has it. */
function token(name: string, theme: 'light' | 'dark'): string {
  const both = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  const one = new RegExp(`--${name}: (#\\w{6});`).exec(css);
  const found = one?.[1] ?? both?.[theme === 'light' ? 1 : 2];
  if (found === undefined) throw new Error(`no token ${name}`);
  return found;
}

/** WCAG 2.2 relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const texts: [string, string][] = [
  ...['bg', 'surface', 'surface-2'].flatMap((under): [string, string][] =>
    ['text', 'muted', 'accent', 'bad'].map((over) => [over, under]),
  ),
  ['accent', 'accent-soft'],
  ['good', 'good-soft'],
  ['wait', 'wait-soft'],
  ['bad', 'bad-soft'],
  ['after', 'after-soft'],
  ['after', 'surface'],
  ['wait', 'surface'],
  ['text', 'accent-soft'],
  ['on-fill', 'accent-fill'],
  ['on-fill', 'good-fill'],
  ['on-fill', 'bad-fill'],
];
const marks: [string, string][] = ['line-strong', 'good', 'wait-mark', 'accent', 'after', 'bad'].map((over) => [
  over,
  'surface',
]);

test.each(['light', 'dark'] as const)('colours of the %s theme meet WCAG 2.2 AA', (theme) => {
  for (const [over, under] of texts) {
    expect(contrast(token(over, theme), token(under, theme)), `${over} on ${under}`).toBeGreaterThanOrEqual(4.5);
  }
  for (const [over, under] of marks) {
    expect(contrast(token(over, theme), token(under, theme)), `${over} on ${under}`).toBeGreaterThanOrEqual(3);
  }
});
