import { randomUUID } from 'node:crypto';
import { ApiError, badParameters } from '../../base/api-error';
import { BACKUP_PARAMETERS } from '../../formats/backup-parameters';
import { nextEvent, parseCalendarEvent } from '../../formats/calendar-event';
import type { BackupJob } from '../../formats/jobs-config';
import { FLAG, TEXT } from '../../formats/parameter-types';
import { parsePropertyString } from '../../formats/property-string';
import { PRUNE_BACKUPS } from '../../formats/retention';
import type { ParameterSchema } from '../../formats/schema';
import type { LocalNode } from '../../node';
import { backupOptions, checkBackupAccess, checkBackupOptions } from '../backup-options';
import { listed } from '../guest-options';
import { includedVolumes, notBackedUp } from '../included-volumes';
import { type CallOf, type Route, route } from '../route';

const AUDIT = { path: '/', anyOf: ['Sys.Audit'] };
const MODIFY = { path: '/', anyOf: ['Sys.Modify'] };
const JOB_ID = { type: 'string', maxLength: 50, pattern: /^\S+$/ } as const satisfies ParameterSchema;

const SCHEDULE = {
  type: 'string',
  maxLength: 128,
  format: (value: string) => void parseCalendarEvent(value),
} as const satisfies ParameterSchema;

const JOB = {
  ...BACKUP_PARAMETERS,
  comment: { ...TEXT, maxLength: 512 },
  enabled: FLAG,
  'repeat-missed': FLAG,
  schedule: { ...SCHEDULE, optional: true },
  starttime: { ...TEXT, pattern: /^\d{1,2}:\d{1,2}$/ },
  dow: { ...TEXT, requires: 'starttime' },
} as const;

const CREATION = {
  ...JOB,
  id: {
    ...TEXT,
    format: (value: string) => {
      if (!/^[a-z][a-z0-9_-]+$/i.test(value)) throw new Error(`invalid configuration ID '${value}'`);
    },
  },
} as const;

const CHANGE = { ...JOB, id: JOB_ID, delete: TEXT } as const;

/** What only a job has. */
const OF_JOBS = ['comment', 'repeat-missed'] as const;

/** As Proxmox VE shows a job: numbers of flags, and the retention as an object of texts. */
function shown({ id, options }: BackupJob): Record<string, unknown> {
  const row: Record<string, unknown> = { id, type: 'vzdump', enabled: 1 };
  for (const [name, value] of Object.entries(options)) {
    const { type } = (Object.hasOwn(JOB, name) ? JOB : {})[name as keyof typeof JOB] ?? {};
    if (name === 'prune-backups') {
      const retention = parsePropertyString(PRUNE_BACKUPS, value);
      row[name] = Object.fromEntries(Object.entries(retention).map(([key, count]) => [key, String(count)]));
    } else if (name === 'exclude-path') row[name] = value.split(';');
    else row[name] = type === 'boolean' || type === 'integer' ? Number(value) : value;
  }
  return row;
}

/** Faults in the choice of guests come as the text of another error. */
function asProxmoxWrapsThem(check: () => void): void {
  try {
    check();
  } catch (fault) {
    if (!(fault instanceof ApiError) || fault.status !== 400 || !fault.errors) throw fault;
    const lines = Object.entries(fault.errors).map(([name, text]) => `${name}: ${text.trimEnd()}\n`);
    throw new ApiError(500, `400 Parameter verification failed.\n${lines.join('')}`);
  }
}

function check(node: LocalNode, call: CallOf<typeof JOB>, options: Readonly<Record<string, string>>): void {
  const { pool } = options;
  if (pool !== undefined && !node.guests.pools.list().some(({ id }) => id === pool))
    throw new ApiError(403, `Permission check failed (pool '${pool}' does not exist)\n`);
  asProxmoxWrapsThem(() => checkBackupOptions(options));
  checkBackupAccess(node, call.caller, options);
}

function jobOptions({ parameters }: CallOf<typeof JOB>): Record<string, string> {
  const options = backupOptions(parameters);
  for (const name of OF_JOBS) {
    const value = parameters[name];
    if (value !== undefined) options[name] = value === true ? '1' : value === false ? '0' : value;
  }
  if (parameters.enabled !== undefined) options.enabled = parameters.enabled ? '1' : '0';
  const { schedule, starttime, dow } = parameters;
  if (starttime !== undefined) options.schedule = dow === undefined ? starttime : `${dow} ${starttime}`;
  else if (schedule !== undefined) options.schedule = schedule;
  return options;
}

async function create(node: LocalNode, call: CallOf<typeof CREATION>): Promise<void> {
  const options = jobOptions(call);
  if (options.schedule === undefined)
    throw badParameters({ schedule: "neither 'starttime' nor 'schedule' were set" });
  check(node, call, options);
  const id = call.parameters.id ?? randomUUID();
  if (node.backupJobs.find(id)) throw new ApiError(500, `Job '${id}' already exists\n`);
  await node.backupJobs.write({ id, options });
}

async function change(node: LocalNode, call: CallOf<typeof CHANGE>): Promise<void> {
  const { id } = call.parameters;
  const job = node.backupJobs.find(id);
  if (!job) throw new ApiError(500, 'no such vzdump job\n');
  const set = jobOptions(call);
  const options: Record<string, string> = { ...job.options };
  // Another choice of guests takes the place of the one before.
  const choices = ['all', 'vmid', 'pool'];
  if (choices.some((name) => set[name] !== undefined)) for (const name of choices) delete options[name];
  for (const name of listed(call.parameters.delete)) delete options[name];
  Object.assign(options, set);
  if (options.schedule === undefined) throw badParameters({ schedule: 'property is missing' });
  check(node, call, options);
  await node.backupJobs.write({ id, options });
}

function required(node: LocalNode, id: string): BackupJob {
  const job = node.backupJobs.find(id);
  if (!job) throw badParameters({ id: `No such job '${id}'` });
  return job;
}

function times(start: number, schedule: string, count: number): object[] {
  const event = parseCalendarEvent(schedule);
  const rows: object[] = [];
  let time: number | undefined = start;
  while (rows.length < count) {
    time = nextEvent(event, time);
    if (time === undefined) break;
    const [weekday, day = '', month, year, clock] = new Date(time).toUTCString().replace(',', '').split(' ');
    rows.push({
      timestamp: time / 1000,
      utc: `${weekday} ${month} ${day.replace(/^0/, ' ')} ${clock} ${year}`,
    });
  }
  return rows;
}

/** Backup jobs, which the node runs at their times. */
export const clusterBackupRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/cluster/backup',
    permission: AUDIT,
    parameters: {},
    handle: (node) =>
      node.backupJobs.list().map((job) => ({ ...shown(job), 'next-run': node.backupJobs.nextRun(job) })),
  }),
  route({
    method: 'POST',
    path: '/cluster/backup',
    permission: MODIFY,
    parameters: CREATION,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/cluster/backup/{id}',
    permission: AUDIT,
    parameters: { id: JOB_ID },
    handle: (node, { parameters }) => shown(required(node, parameters.id)),
  }),
  route({
    method: 'PUT',
    path: '/cluster/backup/{id}',
    permission: MODIFY,
    parameters: CHANGE,
    handle: change,
  }),
  route({
    method: 'DELETE',
    path: '/cluster/backup/{id}',
    permission: MODIFY,
    parameters: { id: JOB_ID },
    handle: async (node, { parameters: { id } }) => {
      asProxmoxWrapsThem(() => void required(node, id));
      await node.backupJobs.remove(id);
    },
  }),
  route({
    method: 'GET',
    path: '/cluster/backup/{id}/included_volumes',
    permission: AUDIT,
    parameters: { id: JOB_ID },
    handle: (node, { parameters }) => ({ children: includedVolumes(node, required(node, parameters.id)) }),
  }),
  route({
    method: 'GET',
    path: '/cluster/backup-info',
    permission: 'authenticated',
    parameters: {},
    handle: () => [{ subdir: 'not-backed-up' }],
  }),
  route({
    method: 'GET',
    path: '/cluster/backup-info/not-backed-up',
    permission: AUDIT,
    parameters: {},
    handle: notBackedUp,
  }),
  route({
    method: 'GET',
    path: '/cluster/jobs/schedule-analyze',
    permission: 'authenticated',
    parameters: {
      schedule: SCHEDULE,
      iterations: { type: 'integer', optional: true, minimum: 1, maximum: 100 },
      starttime: { type: 'integer', optional: true },
    },
    handle: (node, { parameters: { schedule, iterations = 10, starttime } }) =>
      times(starttime === undefined ? node.clock.now() : starttime * 1000, schedule, iterations),
  }),
];
