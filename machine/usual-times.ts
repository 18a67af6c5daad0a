import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * How long things took the last time on this machine, seconds, by name, so that a person can be told how long they will
 * take. Nothing depends on them: a file that cannot be read or written is as good as none.
 */
export class UsualTimes {
  constructor(private readonly file: string) {}

  of(name: string): number | undefined {
    const seconds = this.read()[name];
    return typeof seconds === 'number' && seconds > 0 ? seconds : undefined;
  }

  keep(name: string, seconds: number): void {
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      const times = { ...this.read(), [name]: Math.round(seconds * 10) / 10 };
      writeFileSync(this.file, `${JSON.stringify(times, null, 1)}\n`);
    } catch {} // a full disk, say: the next wait is without its time
  }

  private read(): Record<string, unknown> {
    try {
      const times: unknown = JSON.parse(readFileSync(this.file, 'utf8'));
      return typeof times === 'object' && times !== null ? (times as Record<string, unknown>) : {};
    } catch {
      return {};
    }
  }
}
