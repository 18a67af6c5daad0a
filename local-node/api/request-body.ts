import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../base/api-error';
import type { UploadedFile } from '../storage/file-intake';
import type { RawParameters } from './parameters';

/** Largest form or JSON body, bytes. Uploads are not bound by it: they go to disk as they come. */
const MAX_BODY = 1024 * 1024;

export interface RequestBody {
  readonly parameters: RawParameters;
  readonly file?: UploadedFile;
}

/** Reads a form, a JSON object or an upload. `uploadDir` is where an uploaded file is put until it has its place. */
export async function readBody(request: FastifyRequest, uploadDir: string): Promise<RequestBody> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') return readMultipart(request, uploadDir);
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0;
  if (!hasBody) return { parameters: {} };
  if (type === 'application/json') return { parameters: parseJson(await readText(request)) };
  if (type === '' || type === 'application/x-www-form-urlencoded') {
    return { parameters: parseForm(await readText(request)) };
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

async function readText(request: FastifyRequest): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.raw) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY) throw new PlainError(501, 'for data too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readMultipart(request: FastifyRequest, uploadDir: string): Promise<RequestBody> {
  const parameters: Record<string, unknown> = {};
  let file: UploadedFile | undefined;
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      parameters[part.fieldname] = part.value;
    } else if (file) {
      throw new ApiError(400, 'more than one file in an upload');
    } else {
      await mkdir(uploadDir, { recursive: true, mode: 0o700 });
      const path = join(uploadDir, 'file');
      await pipeline(part.file, createWriteStream(path, { mode: 0o600, highWaterMark: 1024 * 1024 }));
      file = { path, fileName: part.filename, bytes: (await stat(path)).size };
      // Proxmox VE's own name for the part that is the file.
      parameters[part.fieldname] = part.filename;
    }
  }
  return { parameters, ...(file ? { file } : {}) };
}
