import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const formPut = defineEvent(
  'quality.form-put',
  1,
  { form: z.string(), version: z.number().int(), by: z.string(), record: z.record(z.string(), z.unknown()) },
  { about: 'An evaluation form was created or changed: the whole of its new version.' },
);

export const evaluated = defineEvent(
  'quality.evaluated',
  1,
  {
    evaluation: z.string(),
    form: z.string(),
    version: z.number().int(),
    by: z.string(),
    state: z.enum(['draft', 'submitted']),
    calibration: z.string().optional(),
    score: z.number(),
    answers: z.record(z.string(), z.unknown()),
    comment: z.string().optional(),
  },
  {
    personal: ['answers', 'comment'],
    about: "Somebody scored an agent's part in a contact by a form. The last one of an evaluation holds.",
  },
);

export const evaluationAnswered = defineEvent(
  'quality.evaluation-answered',
  1,
  { evaluation: z.string(), by: z.string(), agrees: z.boolean(), reply: z.string().optional() },
  { personal: ['reply'], about: 'The agent has seen her evaluation, and agrees or does not.' },
);

export const calibrationOpened = defineEvent(
  'quality.calibration-opened',
  1,
  {
    calibration: z.string(),
    form: z.string(),
    version: z.number().int(),
    by: z.string(),
    evaluators: z.array(z.string()),
  },
  { about: 'Several evaluators are to score one contact, each without seeing the others.' },
);

export const calibrationClosed = defineEvent(
  'quality.calibration-closed',
  1,
  { calibration: z.string(), by: z.string() },
  { about: 'A calibration is over: what each evaluator gave is open to all of them.' },
);
