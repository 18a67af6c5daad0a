import { ApiError, badParameters } from '../../base/api-error';
import type { Caller } from '../../base/caller';
import { parametersOf } from '../../formats/call-parameters';
import type { ParameterSchema } from '../../formats/schema';
import type { StorageDefinition } from '../../formats/storage-config';
import { type ContentType, requireContentType } from '../../formats/volume-id';
import type { LocalNode } from '../../node';
import { type Call, type Route, route } from '../route';
import { contentRoutes } from './storage-content';

const AUDIT = ['Datastore.Audit', 'Datastore.AllocateSpace'];

/** No space at its end either: storage.cfg cannot hold it. */
const PATH = {
  type: 'string',
  optional: true,
  format: (value: string) => {
    if (!/^\/[^;()]*[^;()\s]$/.test(value)) throw new Error('value does not look like a valid absolute path');
  },
} as const satisfies ParameterSchema;

/** A list of content types, for example "images,rootdir". */
function parseContentList(value: string): ContentType[] {
  return value.split(/[,;\s]+/).map((type) => {
    requireContentType(type);
    return type;
  });
}

const CONTENT = {
  type: 'string',
  optional: true,
  format: (value: string) => void parseContentList(value),
} as const satisfies ParameterSchema;

export function mayAudit(node: LocalNode, caller: Caller, storage: StorageDefinition): boolean {
  return node.access.has(caller, `/storage/${storage.id}`, AUDIT);
}

function definitionRow(
  node: LocalNode,
  { id, type, path, content, disabled, nodes }: StorageDefinition,
): object {
  return {
    storage: id,
    type,
    path: node.storage.isBuiltIn(id) ? node.shownPath(path) : path,
    content: content.join(','),
    digest: node.storage.digest(),
    ...(disabled ? { disable: 1 } : {}),
    ...(nodes === undefined ? {} : { nodes }),
  };
}

/** A storage with the figures of its file system, as lists and status/ show it. */
async function statusRow(node: LocalNode, storage: StorageDefinition): Promise<Record<string, unknown>> {
  const { type, content, disabled } = storage;
  const { total, used, avail } = await node.storage.usage(storage);
  const up = disabled ? 0 : 1;
  return { type, content: content.join(','), total, used, avail, shared: 0, enabled: up, active: up };
}

function contentOf({
  parameters,
}: Call<{ readonly content: string | undefined }>): ContentType[] | undefined {
  return parameters.content === undefined ? undefined : parseContentList(parameters.content);
}

/** Whether the directory of a storage, and those of its kinds, are made where they are absent: here always. */
const MADE = ['create-base-path', 'create-subdirs'] as const;

function refuseUnmade(
  parameters: Readonly<Partial<Record<(typeof MADE)[number], boolean | undefined>>>,
): void {
  const unmade = MADE.find((name) => parameters[name] === false);
  if (unmade === undefined) return;
  throw new ApiError(
    501,
    `the local node makes a storage's directories where they are absent, whatever '${unmade}' says`,
  );
}

/** Storages as such: their definitions and figures. */
const definitionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/storage',
    permission: 'self',
    parameters: parametersOf('GET /storage', 'type'),
    handle: (node, { caller, parameters }) =>
      node.storage
        .list()
        .filter((storage) => mayAudit(node, caller, storage))
        .filter(({ type }) => parameters.type === undefined || type === parameters.type)
        .map((storage) => definitionRow(node, storage)),
  }),
  route({
    method: 'POST',
    path: '/storage',
    permission: { path: '/storage', anyOf: ['Datastore.Allocate'] },
    parameters: {
      ...parametersOf('POST /storage', 'storage', 'type', 'disable', 'nodes', 'shared'),
      ...parametersOf('POST /storage', ...MADE),
      path: PATH,
      content: CONTENT,
    },
    handle: async (node, call) => {
      const { storage, type, path, disable } = call.parameters;
      if (type !== 'dir')
        throw new ApiError(
          501,
          `storage type '${type}' is not supported by the local node, which has no block devices and mounts nothing: use dir`,
        );
      const { nodes, shared } = call.parameters;
      if (shared === true || (nodes !== undefined && !call.nodes.has(nodes))) {
        throw new ApiError(501, `the local node has storages of its own node '${node.name}' only`);
      }
      refuseUnmade(call.parameters);
      if (typeof path !== 'string' || !path.startsWith('/')) {
        throw badParameters({ path: 'missing absolute path of the directory' });
      }
      const content = contentOf(call) ?? ['images', 'rootdir'];
      await node.storage.create({
        ...{ id: storage, type, path, content, disabled: disable === true },
        ...(nodes === undefined ? {} : { nodes }),
      });
      return { storage, type };
    },
  }),
  route({
    method: 'GET',
    path: '/storage/{storage}',
    permission: { path: '/storage/{storage}', anyOf: ['Datastore.Allocate'] },
    parameters: parametersOf('GET /storage/{storage}'),
    handle: (node, { parameters }) => definitionRow(node, node.storage.get(parameters.storage)),
  }),
  route({
    method: 'PUT',
    path: '/storage/{storage}',
    permission: { path: '/storage', anyOf: ['Datastore.Allocate'] },
    parameters: {
      ...parametersOf('PUT /storage/{storage}', 'disable', 'digest', 'delete', ...MADE),
      content: CONTENT,
    },
    handle: async (node, call) => {
      const { storage, disable, digest } = call.parameters;
      refuseUnmade(call.parameters);
      const dropped = (call.parameters.delete ?? '').split(/[,;\s]+/);
      const fixed = dropped.find(
        (name) => !['', 'disable', 'nodes', 'shared', 'prune-backups'].includes(name),
      );
      if (fixed) throw badParameters({ delete: `the local node cannot unset '${fixed}' of a storage` });
      if (digest !== undefined && digest !== node.storage.digest()) {
        throw new ApiError(500, 'detected modified configuration - file changed by other user? Try again.');
      }
      const content = contentOf(call);
      await node.storage.update(storage, {
        ...(content ? { content } : {}),
        ...(disable === undefined && !dropped.includes('disable') ? {} : { disabled: disable === true }),
      });
      return { storage, type: 'dir' };
    },
  }),
  route({
    method: 'DELETE',
    path: '/storage/{storage}',
    permission: { path: '/storage', anyOf: ['Datastore.Allocate'] },
    parameters: parametersOf('DELETE /storage/{storage}'),
    handle: (node, { parameters }) => node.storage.remove(parameters.storage),
  }),
];

const nodeStorageRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/storage',
    permission: 'self',
    parameters: {
      ...parametersOf('GET /nodes/{node}/storage', 'enabled', 'format', 'storage', 'target'),
      content: CONTENT,
    },
    handle: async (node, call) => {
      const wanted = contentOf(call);
      const storages = node.storage
        .list()
        .filter((storage) => mayAudit(node, call.caller, storage))
        .filter(({ id }) => call.parameters.storage === undefined || id === call.parameters.storage)
        .filter(({ content }) => wanted === undefined || wanted.some((type) => content.includes(type)));
      return Promise.all(
        storages.map(async (storage) => {
          const row = await statusRow(node, storage);
          return { storage: storage.id, ...row, used_fraction: Number(row.used) / Number(row.total) };
        }),
      );
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}',
    permission: { path: '/storage/{storage}', anyOf: AUDIT },
    parameters: parametersOf('GET /nodes/{node}/storage/{storage}'),
    handle: () => ['content', 'download-url', 'status', 'upload'].map((subdir) => ({ subdir })),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/status',
    permission: { path: '/storage/{storage}', anyOf: AUDIT },
    parameters: parametersOf('GET /nodes/{node}/storage/{storage}/status'),
    handle: (node, { parameters }) => {
      const storage = node.storage.list().find(({ id }) => id === parameters.storage);
      if (!storage) throw badParameters({ storage: 'No such storage.' });
      return statusRow(node, storage);
    },
  }),
];

export const storageRoutes: readonly Route[] = [...definitionRoutes, ...nodeStorageRoutes, ...contentRoutes];
