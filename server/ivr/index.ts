export { type CheckContext, type Checked, checkFlow, type FlowOutline, readFlow } from './check.ts';
export { type CompiledFlow, callsOf, flowSet, musicOf, promptsOf } from './compile.ts';
export { type Finding, type FindingCode, findingCodes, formatFinding } from './finding.ts';
export { type FlowTestResult, readFlowTests, runFlowTests, spokenText } from './flow-tests.ts';
export { isOpen, isTimeZone, type Opening, openings } from './hours.ts';
export { advance, begin, placeOf, resume, withoutSecrets } from './interpreter.ts';
export { flowJsonSchema, type Hours, hoursSchema } from './schema.ts';
export { type FlowTests, flowTestJsonSchema } from './test-schema.ts';
export type * from './types.ts';
