/** jobs.cfg in Proxmox VE's own format: sections `vzdump: <id>` with one indented `key value` line for each option. */
import { oneLine } from './control-characters';

export interface BackupJob {
  readonly id: string;
  /** Options by name, as texts. */
  readonly options: Readonly<Record<string, string>>;
}

/** Throws with the line's number at what it cannot read. */
export function parseJobs(text: string): BackupJob[] {
  const jobs: { id: string; options: Record<string, string> }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^vzdump:\s+(\S+)\s*$/.exec(line);
    const option = /^\s+(\S+)(?:\s(.*))?$/.exec(line);
    const job = jobs.at(-1);
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (header?.[1] !== undefined) jobs.push({ id: header[1], options: {} });
    else if (option?.[1] !== undefined && job) job.options[option[1]] = option[2] ?? '';
    else throw new Error(`jobs.cfg line ${index + 1} cannot be read: '${line}'`);
  }
  return jobs;
}

export function formatJobs(jobs: readonly BackupJob[]): string {
  const sections = jobs.map(({ id, options }) => {
    const lines = Object.entries(options).map(([name, value]) => `\t${name} ${oneLine(name, value)}\n`);
    return `vzdump: ${oneLine('id', id)}\n${lines.join('')}`;
  });
  // Never empty, so that a file that is cut off to nothing is not taken for one without jobs.
  return `# backup jobs\n${sections.join('\n')}`;
}
