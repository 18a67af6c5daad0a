import { cpus } from 'node:os';

/** Milliseconds that this machine's CPUs have spent since it started, all together. */
export function cpuTime(): { readonly all: number; readonly idle: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (of: readonly number[]): number => of.reduce((total, each) => total + each, 0);
  return { all: sum(times.flatMap((each) => Object.values(each))), idle: sum(times.map(({ idle }) => idle)) };
}
