import { expect, it } from 'vitest';
import { sentenceIn } from '../../../server/ivr/index.ts';
import { fillTemplate, namedFacts, readTemplate } from '../../../server/moments/template.ts';

it('puts in what is known, and says what stands after the bar where it is not', () => {
  const text = 'Hello {customer.name|dear customer}, {event.sum|your payment} of {{today}} failed.';
  expect(readTemplate(text).faults).toEqual([]);
  expect(fillTemplate(text, { name: 'Ada', facts: { sum: 1234.5 } }, 'en')).toBe(
    'Hello Ada, 1,234.5 of {today} failed.',
  );
  expect(fillTemplate(text, {}, 'en')).toBe('Hello dear customer, your payment of {today} failed.');
  expect(fillTemplate('{event.vip|}！', { facts: { vip: true } }, 'zh')).toBe('是！');
});

it('keeps to one line, to its own facts and to a length, whatever another system sent', () => {
  const facts = { to: '4G\r\nBCC: all', long: 'x'.repeat(900), empty: ' ' };
  expect(fillTemplate('{event.to|-}', { facts }, 'en')).toBe('4G BCC: all');
  expect(fillTemplate('{event.long|-}', { facts }, 'en')).toHaveLength(200);
  expect(fillTemplate('{event.empty|nothing}', { facts }, 'en')).toBe('nothing');
  expect(fillTemplate('{event.constructor|none}', { facts }, 'en')).toBe('none');
  // A value is never read as a template again.
  expect(fillTemplate('{customer.name|-}', { name: '{event.to|x}', facts }, 'en')).toBe('{event.to|x}');
});

it('says what is wrong with a text', () => {
  const faults = (text: string) => sentenceIn('en', readTemplate(text).faults);
  expect(faults('{customer.name}')).toBe(
    '{customer.name} needs what is said where it is not known: {customer.name|…}.',
  );
  expect(faults('{customer.phone|-}')).toContain('There is no {customer.phone}');
  expect(faults('Hello {customer.name')).toContain('not closed');
  expect(faults('100 % }')).toContain('without a {');
});

it('names the facts that must be remembered, and no other', () => {
  expect([...namedFacts(['{event.sum|x} {customer.name|y}', undefined, '{event.to|}'])]).toEqual(['sum', 'to']);
});
