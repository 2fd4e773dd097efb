// Evaluation forms: sections and questions with weights.
import { z } from 'zod';

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'small letters, digits and dashes, at most 64');
const words = z
  .partialRecord(z.enum(['en', 'zh']), z.string().trim().min(1).max(500))
  .refine((text) => text.en ?? text.zh, 'a text in en or zh');
const weight = z.number().min(0).max(1_000).default(1);

export const questionSchema = z.strictObject({
  id,
  text: words,
  /** `yes-no`: 1 or 0. `scale`: 0 to `max`. */
  kind: z.enum(['yes-no', 'scale']),
  max: z.number().int().min(1).max(100).default(5).describe('Of a scale'),
  weight,
  knockout: z.boolean().default(false).describe('Answered with 0, the whole evaluation scores 0'),
  optional: z.boolean().default(false).describe('May be left out as not applicable'),
});

export const formBodySchema = z
  .strictObject({
    team: z.string().min(1).max(64).optional(),
    name: words,
    sections: z
      .array(z.strictObject({ id, name: words, weight, questions: z.array(questionSchema).min(1).max(100) }))
      .min(1)
      .max(30),
    retired: z.boolean().default(false).describe('No longer offered for new evaluations'),
  })
  .refine(({ sections }) => {
    const ids = sections.flatMap((section) => section.questions.map((question) => question.id));
    return new Set(ids).size === ids.length;
  }, 'the id of every question must be its own');

export type FormBody = z.infer<typeof formBodySchema>;
