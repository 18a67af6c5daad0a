import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../base/api-error';
import { type RequireSpace, spaceGuard } from '../base/space-guard';
import type { UploadedFile } from '../storage/file-intake';
import type { RawParameters } from './parameters';

/** Largest form or JSON body, bytes. Uploads are not bound by it: they go to disk as they come. */
const MAX_BODY = 1024 * 1024;
/** Largest body of a call for which nobody need log in, bytes. */
const MAX_ANONYMOUS_BODY = 64 * 1024;

/** What the route of a call takes. */
export interface AllowedBody {
  readonly file: boolean;
  readonly anonymous: boolean;
}

/** Where an uploaded file waits for its place. */
export interface UploadPlace {
  readonly directory: string;
  /** Throws unless so many bytes more have room there. */
  readonly requireSpace: RequireSpace;
}

export interface RequestBody {
  readonly parameters: RawParameters;
  readonly file?: UploadedFile;
}

/** Reads a form, a JSON object or, where the route takes one, an upload. */
export async function readBody(
  request: FastifyRequest,
  allowed: AllowedBody,
  place: UploadPlace,
): Promise<RequestBody> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data' && allowed.file) return readMultipart(request, place);
  const limit = allowed.anonymous ? MAX_ANONYMOUS_BODY : MAX_BODY;
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0;
  if (!hasBody) return { parameters: {} };
  if (type === 'application/json') return { parameters: parseJson(await readText(request, limit)) };
  if (type === '' || type === 'application/x-www-form-urlencoded') {
    return { parameters: parseForm(await readText(request, limit)) };
  }
  throw new PlainError(506, `upload 'Content-Type '${type}' not implemented`);
}

/** Told as plain text, because Proxmox VE finds it before its API is asked. */
export class PlainError extends Error {
  override readonly name = 'PlainError';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A name that is given more than once becomes a list. */
export function parseForm(text: string): RawParameters {
  const parameters: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = parameters[name];
    if (before === undefined) parameters[name] = value;
    else parameters[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return parameters;
}

function parseJson(text: string): RawParameters {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as RawParameters;
  } catch {
    // told below
  }
  throw new PlainError(500, 'malformed JSON string: the body must be one JSON object\n');
}

async function readText(request: FastifyRequest, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.raw) {
    bytes += (chunk as Buffer).length;
    if (bytes > limit) throw new PlainError(501, 'for data too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readMultipart(request: FastifyRequest, place: UploadPlace): Promise<RequestBody> {
  const parameters: Record<string, unknown> = {};
  let file: UploadedFile | undefined;
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      parameters[part.fieldname] = part.value;
    } else if (file) {
      throw new ApiError(400, 'more than one file in an upload');
    } else {
      await place.requireSpace(Number(request.headers['content-length'] ?? 0));
      await mkdir(place.directory, { recursive: true, mode: 0o700 });
      const path = join(place.directory, 'file');
      // Opened here: a stream that opens its file by itself may do so after the upload was given up.
      const target = (await open(path, 'w', 0o600)).createWriteStream({ highWaterMark: 1024 * 1024 });
      await pipeline(part.file, spaceGuard(place.requireSpace), target);
      file = { path, fileName: part.filename, bytes: (await stat(path)).size };
      // Proxmox VE's own name for the part that is the file.
      parameters[part.fieldname] = part.filename;
    }
  }
  return { parameters, ...(file ? { file } : {}) };
}
