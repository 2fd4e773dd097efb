export { keyBytes, type MasterKey, type SrtpProfile, saltBytes, srtpProfiles } from './keys.ts';
export { SrtpReceiver } from './receiver.ts';
export { SrtpSender } from './sender.ts';
