export { askEventSocket, profileAddress } from './event-socket.ts';
export { type FreeswitchOptions, openFreeswitch } from './server.ts';
