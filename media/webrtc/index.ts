// What every WebRTC gateway's driver needs: both sides' SDP, and the score of a stream.
export {
  type BrowserOffer,
  type OurSide,
  readBrowserOffer,
  readFirstOffer,
  readNextOffer,
  writeAnswer,
} from './browser-sdp.ts';
export { type Codec, codecs } from './codecs.ts';
export { answering, type Far, readFar, takes, writeNear } from './plain-sdp.ts';
export { type Counted, type CountedBothWays, scored, scoredBothWays } from './quality.ts';
export { RecentQuality } from './recent-quality.ts';
export { rejected } from './sdp-lines.ts';
