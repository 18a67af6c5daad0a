import type { Caller } from '../../base/caller';
import { parametersOf } from '../../formats/call-parameters';
import { FLAG, NODE, TEXT, VMID } from '../../formats/parameter-types';
import { parseUpid } from '../../formats/upid';
import type { LocalNode } from '../../node';
import type { Task } from '../../tasks/task-service';
import { AnswerWith } from '../answer';
import { type CallOf, type Route, route } from '../route';

const HOLD_SECONDS = 25;
const TASK = { node: NODE, upid: { type: 'string' } } as const;

/** What this list, and no other, says of a task that runs. */
const RUNNING = { status: 'RUNNING', saved: '0' } as const;

const LISTING = {
  node: NODE,
  start: { type: 'integer', minimum: 0, optional: true },
  limit: { type: 'integer', minimum: 0, optional: true },
  vmid: { ...VMID, optional: true },
  userfilter: TEXT,
  typefilter: TEXT,
  errors: FLAG,
  source: { type: 'string', enum: ['archive', 'active', 'all'], optional: true },
  since: { type: 'integer', optional: true },
  until: { type: 'integer', optional: true },
} as const;

/** Tasks of the node. */
export const taskRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/tasks',
    permission: 'self',
    parameters: LISTING,
    handle: listTasks,
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/status',
    permission: 'self',
    parameters: TASK,
    // Held open until the task ends: whoever waits for it hears at once, and need not ask every second.
    handle: async (node, call) => {
      mine(node, call);
      const hold = node.options.taskHoldSeconds ?? HOLD_SECONDS;
      const task = await node.tasks.wait(call.parameters.upid, hold);
      const state = task.exitStatus === undefined ? 'running' : 'stopped';
      return { ...facts(task), status: state, ...(task.exitStatus ? { exitstatus: task.exitStatus } : {}) };
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/log',
    permission: 'self',
    parameters: parametersOf('GET /nodes/{node}/tasks/{upid}/log', 'start', 'limit'),
    handle: (node, call) => {
      const lines = logLines(node, call);
      const start = call.parameters.start ?? 0;
      const limit = (call.parameters.limit ?? 50) || Number.POSITIVE_INFINITY;
      const rows = lines.slice(start, start + limit).map((t, index) => ({ n: start + index + 1, t }));
      return new AnswerWith(rows.length > 0 ? rows : [{ n: 1, t: 'no content' }], { total: lines.length });
    },
  }),
  route({
    method: 'DELETE',
    path: '/nodes/{node}/tasks/{upid}',
    permission: 'self',
    parameters: TASK,
    handle: (node, call) => {
      mine(node, call, 'Sys.Modify');
      node.tasks.stop(call.parameters.upid);
    },
  }),
  route({
    method: 'GET',
    path: '/cluster/tasks',
    permission: 'self',
    parameters: {},
    handle: (node, { caller }) => {
      const newest = Math.max(...node.tasks.list().map(({ parsed }) => parsed.starttime));
      return visible(node, caller)
        .slice(0, 25)
        .map((task) => ({ ...row(task), pid: undefined, pstart: undefined, saved: savedMark(task, newest) }));
    },
  }),
];

/** Proxmox VE reads the file that a UPID names; of a task that it does not know, it says so in place of the log. */
function logLines(node: LocalNode, call: CallOf<typeof TASK>): string[] {
  const upid = call.parameters.upid;
  if (parseUpid(upid) && !node.tasks.knows(upid)) return ['unable to open file - No such file or directory'];
  mine(node, call);
  return node.tasks.log(upid);
}

/** A task belongs to the user or token that began it; others need `privilege` on the node. */
function mine(node: LocalNode, { caller, parameters }: CallOf<typeof TASK>, privilege = 'Sys.Audit'): Task {
  const task = node.tasks.get(parameters.upid);
  if (!owns(caller, task)) node.access.check(caller, `/nodes/${node.name}`, [privilege]);
  return task;
}

function owns(caller: Caller, task: Task): boolean {
  const owner = task.parsed.caller;
  return owner.userId === caller.userId && (!caller.tokenId || owner.tokenId === caller.tokenId);
}

function visible(node: LocalNode, caller: Caller): Task[] {
  const all = node.access.has(caller, `/nodes/${node.name}`, ['Sys.Audit']);
  return node.tasks.list().filter((task) => all || owns(caller, task));
}

function listTasks(node: LocalNode, { caller, parameters }: CallOf<typeof LISTING>): AnswerWith {
  const { vmid, userfilter, typefilter, errors, since, until, source = 'archive' } = parameters;
  const rows = visible(node, caller).filter(({ parsed, exitStatus }) => {
    if (source !== 'all' && (source === 'active') !== (exitStatus === undefined)) return false;
    if (vmid !== undefined && parsed.id !== String(vmid)) return false;
    if (userfilter !== undefined && !parsed.caller.userId.includes(userfilter)) return false;
    if (typefilter !== undefined && parsed.type !== typefilter) return false;
    if (errors && (exitStatus === undefined || exitStatus === 'OK')) return false;
    if (since !== undefined && parsed.starttime < since) return false;
    return until === undefined || parsed.starttime <= until;
  });
  const start = parameters.start ?? 0;
  const limit = parameters.limit ?? 50;
  const shown = rows
    .slice(start, start + limit)
    .map((task) => ({ ...row(task), ...(task.exitStatus === undefined ? RUNNING : {}) }));
  return new AnswerWith(shown, { total: rows.length });
}

function facts({ upid, parsed }: Task): Record<string, unknown> {
  const { node, pid, pstart, starttime, type, id, caller } = parsed;
  return {
    ...{ upid, node, pid, pstart, starttime, type, id, user: caller.userId },
    ...(caller.tokenId ? { tokenid: caller.tokenId } : {}),
  };
}

/**
 * Proxmox VE keeps its newest tasks in a file, which it writes anew at each start of a task. One that has ended since
 * is marked with a number, one that was read from the file with a string.
 */
function savedMark({ exitStatus, endtime }: Task, newestStart: number): string | number {
  if (exitStatus === undefined) return '0';
  return endtime !== undefined && endtime >= newestStart ? 1 : '1';
}

function row(task: Task): Record<string, unknown> {
  const ended = task.exitStatus === undefined ? {} : { endtime: task.endtime, status: task.exitStatus };
  return { ...facts(task), ...ended };
}
