import type { LocalNode } from '../node';
import { done, failed, type Outcome } from './outcome';

/** Shows text while a command still runs. */
export type Print = (text: string) => void;

/** Seconds between looks at a task's log. */
const LOOK = 1;

/** Waits for a task; its log is printed as it is written, or is in the outcome where nobody looks on. */
export async function followTask(node: LocalNode, upid: string, print?: Print): Promise<Outcome> {
  let shown = 0;
  const more = (): string => {
    const lines = node.tasks.log(upid).filter((line) => !/^TASK (OK|ERROR|WARNINGS)/.test(line));
    const text = lines.slice(shown).map((line) => `${line}\n`);
    shown = lines.length;
    return text.join('');
  };
  let task = node.tasks.get(upid);
  while (task.exitStatus === undefined) {
    if (print) print(more());
    task = await node.tasks.wait(upid, LOOK);
  }
  const stdout = more();
  if (task.exitStatus === 'OK' || task.exitStatus.startsWith('WARNINGS')) return done(stdout);
  return { ...failed(task.exitStatus), stdout };
}
