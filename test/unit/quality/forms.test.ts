import { describe, expect, it } from 'vitest';
import { formBodySchema, scoreOf, spreadOf } from '../../../server/quality/index.ts';

const form = formBodySchema.parse({
  name: { en: 'Call' },
  sections: [
    {
      id: 'greeting',
      name: { en: 'Greeting' },
      weight: 1,
      questions: [
        { id: 'name', text: { en: 'Said her name' }, kind: 'yes-no' },
        { id: 'tone', text: { en: 'Tone' }, kind: 'scale', max: 5, weight: 3 },
      ],
    },
    {
      id: 'law',
      name: { zh: '合规' },
      weight: 3,
      questions: [
        { id: 'identity', text: { en: 'Asked who it is' }, kind: 'yes-no', knockout: true },
        { id: 'offer', text: { en: 'Explained the risk' }, kind: 'scale', max: 4, optional: true },
      ],
    },
  ],
});
const given = (values: Record<string, number | null>) =>
  Object.fromEntries(Object.entries(values).map(([id, value]) => [id, { value }]));

describe('a score', () => {
  it('is the weighted mean of sections, each the weighted mean of its questions', () => {
    // (1·1 + 3·4/5) / 4 = 0.85; (1 + 3/4) / 2 = 0.875; (0.85 + 3·0.875) / 4 = 0.86875
    expect(scoreOf(form, given({ name: 1, tone: 4, identity: 1, offer: 3 }))).toEqual({
      total: 86.88,
      sections: { greeting: 85, law: 87.5 },
    });
  });

  it('leaves out what is not applicable, and is 0 by a knockout', () => {
    expect(scoreOf(form, given({ name: 0, tone: 5, identity: 1, offer: null }))).toEqual({
      total: 93.75,
      sections: { greeting: 75, law: 100 },
    });
    expect(scoreOf(form, given({ name: 1, tone: 5, identity: 0, offer: 4 }))).toEqual({
      total: 0,
      sections: { greeting: 100, law: 50 },
      knockout: 'identity',
    });
    expect(scoreOf(form, {})).toEqual({ total: 0, sections: { greeting: null, law: null } });
  });

  it('is spread over evaluators', () => {
    expect(spreadOf([80, 90, 100])).toEqual({ evaluations: 3, mean: 90, least: 80, most: 100, deviation: 8.16 });
    expect(spreadOf([])).toBeUndefined();
  });

  it('needs a form whose questions have names of their own', () => {
    const [section] = form.sections;
    expect(formBodySchema.safeParse({ ...form, sections: [section, { ...section, id: 'again' }] }).success).toBe(false);
    expect(formBodySchema.safeParse({ ...form, name: {} }).success).toBe(false);
  });
});
