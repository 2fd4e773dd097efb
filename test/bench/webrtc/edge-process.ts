// The edge's WebRTC alone in a process, as an edge runs it: its main thread with the link, its thread with the media.
import { pino } from 'pino';
import { startWebRtc } from '../../../edge/webrtc/index.ts';
import { LinkServer } from '../../../link/index.ts';

const logger = pino({ level: 'warn' }, pino.destination(2));
const [from, to] = process.argv.slice(2).map(Number);
const capabilities = ['webrtc'];
const link = await LinkServer.listen({ secret: 'bench', edge: 'edg_bench', version: '0', capabilities, logger });
startWebRtc({ link, logger, bind: ['127.0.0.1'], ports: { from: from ?? 0, to: to ?? 0 } });
process.send?.(link.address);
process.on('disconnect', () => process.exit(0));
