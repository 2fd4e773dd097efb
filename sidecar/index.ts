export { readChannels } from './channels-file.ts';
export { type ChannelSetup, Core, type CoreOptions } from './core.ts';
export { createListener } from './listener.ts';
export { type Sidecar, type SidecarConfiguration, type SidecarReady, startSidecar } from './sidecar.ts';
