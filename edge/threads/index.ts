export { boundNewSpace, mediaPriority } from './priority.ts';
export { ThreadHandle, type ThreadKind, type ThreadOutside } from './thread-handle.ts';
export { serveThread, type ThreadVoice, type ThreadWork } from './thread-side.ts';
