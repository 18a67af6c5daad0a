import type { FrameDecoder } from '../packets/frame-decoder';

/** A 53-bit hash of what stays the same about a packet from end to end. */
export function packetKey(frame: FrameDecoder): number {
  let low = 0x811c9dc5;
  let high = 0x2c1b3c6d;
  const mix = (word: number): void => {
    low = Math.imul(low ^ word, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, 0x85ebca6b);
    high ^= high >>> 13;
  };
  mix(frame.source3);
  mix(frame.destination3);
  if (frame.ipVersion === 6) {
    mix(frame.source0);
    mix(frame.source1);
    mix(frame.source2);
    mix(frame.destination0);
    mix(frame.destination1);
    mix(frame.destination2);
  }
  mix((frame.sourcePort << 16) | frame.destinationPort);
  mix(frame.ipId);
  mix(frame.sequence);
  mix(frame.acknowledgement);
  mix(frame.payloadLength);
  mix(frame.protocol);
  low = Math.imul(low ^ (low >>> 16), 0x7feb352d);
  high = Math.imul(high ^ (high >>> 16), 0x846ca68b);
  return ((low ^ (low >>> 15)) >>> 0) * 0x200000 + ((high ^ (high >>> 16)) >>> 11);
}

/** Whether the sender has numbered the packet, so that no other of the next minutes has its key. */
export function isNumbered(frame: FrameDecoder): boolean {
  return frame.ipId !== 0;
}

/** Of the packet as one capture may have it more than once: with its checksum, which covers what the key does not. */
export function copyKey(key: number, frame: FrameDecoder): number {
  return (key % 2 ** 37) * 2 ** 16 + frame.checksum;
}
