import type { LocalNode } from '../node';
import { done, failed, type Outcome } from './outcome';

/** Prints a task's log as it is once the task has ended. */
export async function followTask(node: LocalNode, upid: string): Promise<Outcome> {
  let task = node.tasks.get(upid);
  while (task.exitStatus === undefined) task = await node.tasks.wait(upid, 60);
  const lines = node.tasks.log(upid).filter((line) => !/^TASK (OK|ERROR|WARNINGS)/.test(line));
  const stdout = lines.map((line) => `${line}\n`).join('');
  if (task.exitStatus === 'OK' || task.exitStatus.startsWith('WARNINGS')) return done(stdout);
  return { ...failed(task.exitStatus), stdout };
}
