import { ofFile, type Rule } from './figure';

/** What the rules of sessions and of applications share. */

export const wireRate = '8 × bytes of frames of the session by the time from its first packet to its last';
export const payloadRate = '8 × bytes of payload, each once, by the time from the first packet to the last';
export const transferRate =
  'median over transfers of 16 KiB or more of 8 × bytes by the time from first byte to last';
export const transferTimes = ['transfers[].bytes', 'transfers[].firstByteAt', 'transfers[].endedAt'];
export const lossHow = 'packets seen at the sender’s end and not within 3 s at the receiver’s, of those sent';
export const drops = ['captures[].droppedByKernel', 'captures[].offloads'];
export const pageTimes = [
  'transfers[].intendedAt',
  'transfers[].endedAt',
  'transfers[].status',
  'transfers[].late',
];
export const firstByteTimes = ['transfers[].intendedAt', 'transfers[].firstByteAt'];
export const shown = (how: string, field: string): Rule =>
  ofFile(how, `pageTimings[].${field}`, 'pageTimings[].intendedAt');
export const warmUpTimes = ['warmUp[].intendedAt', 'warmUp[].endedAt', 'warmUp[].status'];
