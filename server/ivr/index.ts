export type { CompiledFlow } from './compile.ts';
export type * from './types.ts';
