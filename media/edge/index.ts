export { type EdgeMediaOptions, EdgeMediaServer } from './server.ts';
export { EdgeWebRtcGateway, type EdgeWebRtcOptions } from './webrtc-gateway.ts';
