import { rm } from 'node:fs/promises';
import { ApiError, badParameters } from '../../base/api-error';
import type { Caller } from '../../base/caller';
import { CHECKSUM_ALGORITHMS } from '../../base/checksum';
import type { DiskFormat } from '../../engine/guest-engine';
import { parametersOf } from '../../formats/call-parameters';
import { parseSize } from '../../formats/drive';
import { DIGEST, STORAGE_ID } from '../../formats/parameter-types';
import type { ParameterSchema } from '../../formats/schema';
import { requireContentType } from '../../formats/volume-id';
import type { LocalNode } from '../../node';
import { urlMetadata } from '../../storage/download';
import type { Checksum } from '../../storage/file-intake';
import { type CallOf, type Route, route } from '../route';

const AUDIT = { path: '/storage/{storage}', anyOf: ['Datastore.Audit', 'Datastore.AllocateSpace'] };
const TEMPLATE = { path: '/storage/{storage}', anyOf: ['Datastore.AllocateTemplate'] };
const URL = { type: 'string', pattern: /^https?:\/\/.+/ } as const satisfies ParameterSchema;
const FILE_NAME = { type: 'string', maxLength: 255 } as const satisfies ParameterSchema;

const CHECKSUM = {
  checksum: { type: 'string', optional: true, requires: 'checksum-algorithm', pattern: /^[0-9a-fA-F]+$/ },
  'checksum-algorithm': { type: 'string', optional: true, requires: 'checksum', enum: CHECKSUM_ALGORITHMS },
} as const;

function checksumOf({ parameters }: CallOf<typeof CHECKSUM>): Checksum | undefined {
  const { checksum: value, 'checksum-algorithm': algorithm } = parameters;
  return value === undefined || algorithm === undefined ? undefined : { algorithm, value };
}

async function upload(node: LocalNode, call: CallOf<typeof UPLOAD>): Promise<string> {
  const { storage, content, filename } = call.parameters;
  const { file } = call;
  if (!file) throw badParameters({ filename: 'property is missing and it is not optional' });
  try {
    const target = node.storage.intake.target(storage, content, filename ?? file.fileName, 'upload');
    const worker = await node.storage.intake.upload(target, file, checksumOf(call));
    return node.tasks.run('imgcopy', '', call.caller, worker);
  } finally {
    await rm(file.path, { force: true });
  }
}

/** Whether the node may ask an address for the caller. Throws ApiError 403. */
function requireNetworkAccess({ access, name }: LocalNode, caller: Caller): void {
  if (access.has(caller, `/nodes/${name}`, ['Sys.AccessNetwork'])) return;
  // Both of them.
  if (['Sys.Audit', 'Sys.Modify'].every((privilege) => access.has(caller, '/', [privilege]))) return;
  throw new ApiError(403, 'Permission check failed');
}

function download(node: LocalNode, call: CallOf<typeof DOWNLOAD>): string {
  const { storage, content, filename, url, compression } = call.parameters;
  requireNetworkAccess(node, call.caller);
  if (compression !== undefined) throw new ApiError(501, 'decompression is not supported by the local node');
  const target = node.storage.intake.target(storage, content, filename, 'download');
  const source = {
    url,
    verifyCertificates: call.parameters['verify-certificates'] !== false,
    checksum: checksumOf(call),
  };
  const name = target.path.split('/').pop() ?? '';
  return node.tasks.run('download', name, call.caller, (task) =>
    node.storage.intake.download(target, source, task),
  );
}

/** An empty disk for a guest that need not exist. */
async function allocate(node: LocalNode, { parameters }: CallOf<typeof ALLOCATION>): Promise<string> {
  const storage = node.storage.requireImages(parameters.storage);
  const name = parameters.filename;
  const volume = node.storage.volume(`${storage.id}:${parameters.vmid}/${name}`);
  const format = volume.format as DiskFormat;
  if (parameters.format !== undefined && parameters.format !== format) {
    throw badParameters({ format: `the file name says '${format}'` });
  }
  if (await node.storage.exists(volume))
    throw new ApiError(500, `disk image '${volume.path}' already exists`);
  const size = parameters.size;
  // A size without a unit is in KiB here, as nowhere else.
  await node.storage.images.create(volume, /[MGT]$/.test(size) ? parseSize(size) : Number(size) * 1024);
  return volume.volid;
}

async function remove(node: LocalNode, call: CallOf<typeof REMOVAL>): Promise<string | undefined> {
  const volume = node.storage.volume(call.parameters.volume, call.parameters.storage);
  node.guests.volumeAccess.checkRemove(call.caller, volume);
  const { delay } = call.parameters;
  const id = volume.vmid === undefined ? volume.storage.id : `${volume.vmid}@${volume.storage.id}`;
  const upid = node.tasks.run('imgdel', id, call.caller, ({ log }) => node.storage.free(volume, log));
  if (delay === undefined) return upid;
  // With a delay the caller wants no task to look at, if the work is done by then.
  const task = await node.tasks.wait(upid, delay);
  return task.exitStatus === 'OK' ? undefined : upid;
}

const ALLOCATION = {
  ...parametersOf('POST /nodes/{node}/storage/{storage}/content', 'vmid', 'size'),
  filename: { type: 'string', pattern: /^vm-\d+-[a-zA-Z0-9._-]+\.(raw|qcow2)$/ },
  format: { type: 'string', optional: true, enum: ['raw', 'qcow2'] },
} as const;

const REMOVAL = {
  ...parametersOf('DELETE /nodes/{node}/storage/{storage}/content/{volume}', 'delay'),
  storage: STORAGE_ID,
  digest: DIGEST,
};

const UPLOAD = {
  ...parametersOf('POST /nodes/{node}/storage/{storage}/upload', 'content'),
  filename: { ...FILE_NAME, optional: true },
  ...CHECKSUM,
} as const;

const DOWNLOAD = {
  ...parametersOf(
    'POST /nodes/{node}/storage/{storage}/download-url',
    ...(['content', 'filename', 'url', 'verify-certificates', 'compression'] as const),
  ),
  ...CHECKSUM,
} as const;

/** What is in the storages. */
export const contentRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content',
    permission: AUDIT,
    shared: true,
    parameters: {
      ...parametersOf('GET /nodes/{node}/storage/{storage}/content', 'vmid'),
      content: { type: 'string', optional: true, format: requireContentType },
    },
    handle: async (node, { caller, parameters: { storage, content, vmid } }) => {
      const rows = await node.storage.content(storage, { content, vmid });
      return rows.filter(({ volid }) => node.guests.volumeAccess.mayRead(caller, volid));
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/content',
    permission: { path: '/storage/{storage}', anyOf: ['Datastore.AllocateSpace'] },
    parameters: ALLOCATION,
    handle: allocate,
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content/{volume*}',
    permission: 'self',
    parameters: {
      ...parametersOf('GET /nodes/{node}/storage/{storage}/content/{volume}'),
      storage: STORAGE_ID,
    },
    handle: async (node, { caller, parameters }) => {
      const volume = node.storage.volume(parameters.volume, parameters.storage);
      node.guests.volumeAccess.checkRead(caller, volume.volid);
      const info = await node.storage.info(volume);
      return { ...info, path: node.shownPath(info.path) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/nodes/{node}/storage/{storage}/content/{volume*}',
    permission: 'self',
    parameters: REMOVAL,
    handle: remove,
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/upload',
    acceptsFile: true,
    permission: TEMPLATE,
    parameters: UPLOAD,
    handle: upload,
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/download-url',
    permission: TEMPLATE,
    parameters: DOWNLOAD,
    handle: download,
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/query-url-metadata',
    permission: 'self',
    parameters: { ...parametersOf('GET /nodes/{node}/query-url-metadata', 'verify-certificates'), url: URL },
    handle: (node, { caller, parameters }) => {
      requireNetworkAccess(node, caller);
      return urlMetadata(parameters.url, parameters['verify-certificates'] !== false);
    },
  }),
];
