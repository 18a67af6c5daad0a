import { rm } from 'node:fs/promises';
import { ApiError, badParameters } from '../../base/api-error';
import type { DiskFormat } from '../../engine/guest-engine';
import { parseSize } from '../../formats/drive';
import { DIGEST, NODE, STORAGE_ID, VMID } from '../../formats/parameter-types';
import type { ParameterSchema } from '../../formats/schema';
import { CONTENT_TYPES, type ContentType } from '../../formats/volume-id';
import type { LocalNode } from '../../node';
import { urlMetadata } from '../../storage/download';
import type { Checksum, IntakeContent } from '../../storage/file-intake';
import { CHECKSUM_ALGORITHMS } from '../../storage/image-check';
import type { Call, Route } from '../route';

const AUDIT = { path: '/storage/{storage}', anyOf: ['Datastore.Audit', 'Datastore.AllocateSpace'] };
const TEMPLATE = { path: '/storage/{storage}', anyOf: ['Datastore.AllocateTemplate'] };
const FLAG: ParameterSchema = { type: 'boolean', optional: true };
const INTAKE: ParameterSchema = { type: 'string', enum: ['iso', 'vztmpl', 'import'] };
const URL: ParameterSchema = { type: 'string', pattern: /^https?:\/\/.+/ };
const FILE_NAME: ParameterSchema = { type: 'string', maxLength: 255 };
const VOLUME: ParameterSchema = { type: 'string' };

const CHECKSUM: Readonly<Record<string, ParameterSchema>> = {
  checksum: { type: 'string', optional: true, requires: 'checksum-algorithm', pattern: /^[0-9a-fA-F]+$/ },
  'checksum-algorithm': { type: 'string', optional: true, requires: 'checksum', enum: CHECKSUM_ALGORITHMS },
};

function contentFormat(value: string): void {
  if (!CONTENT_TYPES.includes(value as ContentType)) throw new Error(`invalid content type '${value}'`);
}

function checksumOf({ parameters }: Call): Checksum | undefined {
  const { checksum } = parameters;
  return checksum === undefined
    ? undefined
    : { algorithm: String(parameters['checksum-algorithm']), value: String(checksum) };
}

/** Who may touch a volume: the disk of a guest needs rights on the storage's space, a file those on templates. */
function checkVolumeAccess(node: LocalNode, call: Call, content: ContentType): void {
  const privileges = content === 'images' ? ['Datastore.AllocateSpace'] : ['Datastore.AllocateTemplate'];
  node.access.check(call.caller, `/storage/${call.parameters.storage}`, [
    'Datastore.Allocate',
    ...privileges,
  ]);
}

async function upload(node: LocalNode, call: Call): Promise<string> {
  const { storage, content, filename } = call.parameters;
  const { file } = call;
  if (!file) throw badParameters({ filename: 'property is missing and it is not optional' });
  try {
    const name = typeof filename === 'string' ? filename : file.fileName;
    const target = node.storage.intake.target(String(storage), content as IntakeContent, name, 'upload');
    const worker = await node.storage.intake.upload(target, file, checksumOf(call));
    return node.tasks.run('imgcopy', '', call.caller, worker);
  } finally {
    await rm(file.path, { force: true });
  }
}

function download(node: LocalNode, call: Call): string {
  const { storage, content, filename, url, compression } = call.parameters;
  if (compression !== undefined) throw new ApiError(501, 'decompression is not supported by the local node');
  const target = node.storage.intake.target(
    String(storage),
    content as IntakeContent,
    String(filename),
    'download',
  );
  const source = {
    url: String(url),
    verifyCertificates: call.parameters['verify-certificates'] !== false,
    checksum: checksumOf(call),
  };
  const name = target.path.split('/').pop() ?? '';
  return node.tasks.run('download', name, call.caller, (task) =>
    node.storage.intake.download(target, source, task),
  );
}

/** An empty disk for a guest that need not exist. */
async function allocate(node: LocalNode, { parameters }: Call): Promise<string> {
  const storage = node.storage.requireImages(String(parameters.storage));
  const name = String(parameters.filename);
  const volume = node.storage.volume(`${storage.id}:${parameters.vmid}/${name}`);
  const format = volume.format as DiskFormat;
  if (parameters.format !== undefined && parameters.format !== format) {
    throw badParameters({ format: `the file name says '${format}'` });
  }
  if (await node.storage.exists(volume))
    throw new ApiError(500, `disk image '${volume.path}' already exists`);
  const size = String(parameters.size);
  // A size without a unit is in KiB here, as nowhere else.
  await node.storage.images.create(volume, /[MGT]$/.test(size) ? parseSize(size) : Number(size) * 1024);
  return volume.volid;
}

async function remove(node: LocalNode, call: Call): Promise<string | undefined> {
  const volume = node.storage.volume(String(call.parameters.volume), String(call.parameters.storage));
  checkVolumeAccess(node, call, volume.content);
  const { delay } = call.parameters;
  const id = volume.vmid === undefined ? volume.storage.id : `${volume.vmid}@${volume.storage.id}`;
  const upid = node.tasks.run('imgdel', id, call.caller, ({ log }) => node.storage.free(volume, log));
  if (delay === undefined) return upid;
  // With a delay the caller wants no task to look at, if the work is done by then.
  const task = await node.tasks.wait(upid, Number(delay));
  return task.exitStatus === 'OK' ? undefined : upid;
}

/** What is in the storages. */
export const contentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content',
    permission: AUDIT,
    parameters: {
      node: NODE,
      storage: STORAGE_ID,
      content: { type: 'string', optional: true, format: contentFormat },
      vmid: { ...VMID, optional: true },
    },
    handle: (node, { parameters }) =>
      node.storage.content(String(parameters.storage), {
        ...(parameters.content === undefined ? {} : { content: parameters.content as ContentType }),
        ...(parameters.vmid === undefined ? {} : { vmid: Number(parameters.vmid) }),
      }),
  },
  {
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/content',
    permission: { path: '/storage/{storage}', anyOf: ['Datastore.AllocateSpace'] },
    parameters: {
      node: NODE,
      storage: STORAGE_ID,
      vmid: VMID,
      filename: { type: 'string', pattern: /^vm-\d+-[a-zA-Z0-9._-]+\.(raw|qcow2)$/ },
      size: { type: 'string', pattern: /^\d+[MGT]?$/ },
      format: { type: 'string', optional: true, enum: ['raw', 'qcow2'] },
    },
    handle: allocate,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content/{volume*}',
    permission: AUDIT,
    parameters: { node: NODE, storage: STORAGE_ID, volume: VOLUME },
    handle: (node, { parameters }) =>
      node.storage.info(node.storage.volume(String(parameters.volume), String(parameters.storage))),
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/storage/{storage}/content/{volume*}',
    permission: 'self',
    parameters: {
      node: NODE,
      storage: STORAGE_ID,
      volume: VOLUME,
      delay: { type: 'integer', optional: true, minimum: 1, maximum: 30 },
      digest: DIGEST,
    },
    handle: remove,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/upload',
    permission: TEMPLATE,
    parameters: {
      node: NODE,
      storage: STORAGE_ID,
      content: INTAKE,
      filename: { ...FILE_NAME, optional: true },
      ...CHECKSUM,
    },
    handle: upload,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/download-url',
    permission: TEMPLATE,
    parameters: {
      node: NODE,
      storage: STORAGE_ID,
      content: INTAKE,
      filename: FILE_NAME,
      url: URL,
      'verify-certificates': FLAG,
      compression: { type: 'string', optional: true },
      ...CHECKSUM,
    },
    handle: download,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/query-url-metadata',
    permission: 'self',
    parameters: { node: NODE, url: URL, 'verify-certificates': FLAG },
    handle: (node, { caller, parameters }) => {
      const may =
        node.access.has(caller, '/', ['Sys.Audit', 'Sys.Modify']) ||
        node.access.has(caller, `/nodes/${node.name}`, ['Sys.AccessNetwork']);
      if (!may) throw new ApiError(403, 'Permission check failed');
      return urlMetadata(String(parameters.url), parameters['verify-certificates'] !== false);
    },
  },
];
