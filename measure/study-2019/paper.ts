import figures from './paper.json';

export type PaperLevel = (typeof figures.resources)[number];
export type PaperApplication = (typeof figures.qualityOfService)[number];

/** The figures of the 2019 study, as printed there, right or wrong. */
export const paper = figures;

/** What in the study contradicts itself, so that no figure is compared with it unawares. */
export const paperInconsistencies: readonly string[] = [
  'Moodle’s 2665 captured packets contradict their own row: 3.7 packets/s × 72.533 s = 268 and 92,804 B / 349 B = 266. 266 would fit all of them.',
  'MediaWiki’s throughput is 41,200 bit/s in the body and 42,200 bit/s in the conclusion.',
  'WordPress’s “8,832 bit/s” in the formula is 8,832 byte/s (70,656 bit/s): the unit is wrong. Its displayed 8,719 byte/s should be 6,719 (446,120 B / 66.395 s).',
  'The captures had no filter: 63 % of the packets captured with WordPress are not of the web session. The filtered session, 446,120 B in 66.395 s, is 53.8 kbit/s and not 70.7.',
  'Throughput over a browsing session is mostly the reader’s pauses: it is an offered load, not a capacity.',
  'Loss, delay and jitter of exactly 0 are below the resolution of the method, not measurements.',
  'CPU with one guest (5.85 %) exceeds that with three (2.72 %) and the load falls as guests are added: single readings, it seems taken before the boot had died away. n = 1 everywhere, and nothing gives a spread.',
  'The first guest costs 1.89 GiB of memory, the second 0.72, the third 0.58: page sharing, ballooning or different states of boot; the paper does not say.',
  'The total memory is 9.56 GiB in one place and 9.59 GB in another.',
];

export function paperLevel(level: number): PaperLevel | undefined {
  return figures.resources.find((row) => row.runningGuests === level);
}

export function paperApplication(guest: string): PaperApplication | undefined {
  return figures.qualityOfService.find((row) => row.guest === guest);
}
