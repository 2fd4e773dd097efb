export { readChannels } from './channels-file.ts';
export { type ChannelSetup, Core, type CoreOptions } from './core.ts';
export { createListener } from './listener.ts';
export { type Sidecar, startSidecar } from './sidecar.ts';
