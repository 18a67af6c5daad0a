import { join } from 'node:path';
import type { Lab } from '../../config/lab';
import { writeWholeFile } from '../../machine/whole-file';
import type { ApiClient } from '../../proxmox/api-client';
import type { DestroyedGuest } from '../run/raw-data';

interface TaskRow {
  readonly upid: string;
  readonly id: string;
  readonly starttime: number;
  readonly endtime?: number;
  readonly status?: string;
}

/** The node's finished tasks that destroyed a guest, newest first of each kind. */
async function destroyTasks(client: ApiClient): Promise<readonly TaskRow[]> {
  const tasks: TaskRow[] = [];
  for (const typefilter of ['qmdestroy', 'vzdestroy'])
    tasks.push(...(await client.get<TaskRow[]>(client.node('tasks'), { typefilter, limit: 500 })));
  return tasks;
}

/**
 * Tells from the node's task log how long each guest of the lab took to be destroyed. Make it before they are destroyed: then it
 * knows which tasks are new without comparing clocks.
 */
export class DestroyTimes {
  private constructor(
    private readonly client: ApiClient,
    private readonly lab: Pick<Lab, 'guests'>,
    private readonly earlier: ReadonlySet<string>,
  ) {}

  static async before(client: ApiClient, lab: Pick<Lab, 'guests'>): Promise<DestroyTimes> {
    const tasks = await destroyTasks(client);
    return new DestroyTimes(client, lab, new Set(tasks.map(({ upid }) => upid)));
  }

  /** Writes raw/destroy.json into the run's directory; call it while the node is still up. */
  async save(runDirectory: string): Promise<true> {
    const tasks = (await destroyTasks(this.client)).filter(({ upid }) => !this.earlier.has(upid));
    const destroyed = this.lab.guests.map(({ name, vmid }): DestroyedGuest => {
      const task = tasks.find(({ id, status }) => id === String(vmid) && status === 'OK');
      return { guest: name, startedAt: task?.starttime ?? null, endedAt: task?.endtime ?? null };
    });
    await writeWholeFile(
      join(runDirectory, 'raw', 'destroy.json'),
      `${JSON.stringify(destroyed, null, 1)}\n`,
    );
    return true;
  }
}
