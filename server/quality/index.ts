export { calibrationClosed, calibrationOpened, evaluated } from './events.ts';
export { type Answers, type FormBody, formBodySchema, type Score, type Spread, scoreOf, spreadOf } from './forms.ts';
export {
  type Calibration,
  type CalibrationResult,
  type Evaluation,
  type EvaluationFilter,
  type Form,
  type Judgement,
  Quality,
} from './quality.ts';
