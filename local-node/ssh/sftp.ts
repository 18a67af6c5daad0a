import { constants as fs, type Stats } from 'node:fs';
import { lstat, mkdir, readdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { type Attributes, type FileEntry, type SFTPWrapper, utils } from 'ssh2';
import { movedPath } from '../base/shown-path';
import { failure, refuseBase, type SftpDisk, SftpFile } from './sftp-file';

const { STATUS_CODE, OPEN_MODE } = utils.sftp;

const NO_ATTRIBUTES: Attributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

type Handle = { readonly kind: 'file'; readonly file: SftpFile } | DirectoryHandle;
interface DirectoryHandle {
  readonly kind: 'directory';
  readonly path: string;
  /** Undefined once they have been read. */
  entries?: readonly string[];
}

/** What a request is answered with; undefined = status OK. */
type Reply =
  | undefined
  | { readonly attrs: Attributes }
  | { readonly handle: Handle }
  | { readonly data: Buffer }
  | { readonly names: readonly FileEntry[] }
  | 'end of file';

/**
 * SFTP version 3 (draft-ietf-secsh-filexfer-02) on the files under `root`, which have absolute paths, below `shown`. Anything outside, through a symbolic link as well, is "permission denied".
 */
export function serveSftp(sftp: SFTPWrapper, disk: SftpDisk): void {
  const { root, shown, more = [] } = disk;
  const handles = new OpenHandles();
  const inside = (path: string) => {
    const asked = movedPath(resolve('/', path), shown, root);
    return allowed(more.find((one) => asked === one || asked.startsWith(one + sep)) ?? root, asked);
  };
  const unlessBase = async (path: string) => {
    const real = await inside(path);
    refuseBase(real);
    return real;
  };

  const answer = async (request: number, work: () => Promise<Reply>) => {
    try {
      const reply = await work();
      if (reply === undefined) sftp.status(request, STATUS_CODE.OK);
      else if (reply === 'end of file') sftp.status(request, STATUS_CODE.EOF);
      else if ('attrs' in reply) sftp.attrs(request, reply.attrs);
      else if ('data' in reply) sftp.data(request, reply.data);
      else if ('names' in reply) sftp.name(request, [...reply.names]);
      else sftp.handle(request, handles.keep(reply.handle));
    } catch (error) {
      sftp.status(request, statusOf(error as NodeJS.ErrnoException), (error as Error).message);
    }
  };

  sftp.on('REALPATH', (id, path) =>
    answer(id, async () => {
      const filename = path === '.' || path === '' ? shown : resolve('/', path);
      return { names: [{ filename, longname: filename, attrs: NO_ATTRIBUTES }] };
    }),
  );
  sftp.on('STAT', (id, path) =>
    answer(id, async () => ({ attrs: attributes(await stat(await inside(path))) })),
  );
  sftp.on('LSTAT', (id, path) =>
    answer(id, async () => ({ attrs: attributes(await lstat(await inside(path))) })),
  );
  sftp.on('FSTAT', (id, name) =>
    answer(id, async () => ({ attrs: attributes(await handles.file(name).stat()) })),
  );
  sftp.on('OPEN', (id, path, flags, attrs) =>
    answer(id, async () => {
      const mode = (attrs.mode ?? 0o644) & 0o777;
      const file = await SftpFile.open(await inside(path), openFlags(flags), mode, disk);
      return { handle: { kind: 'file', file } };
    }),
  );
  sftp.on('READ', (id, name, offset, length) =>
    answer(id, async () => {
      const data = await handles.file(name).read(offset, length);
      return data.length === 0 ? 'end of file' : { data };
    }),
  );
  sftp.on('WRITE', (id, name, offset, data) =>
    answer(id, async () => {
      await handles.file(name).write(offset, data);
      return undefined;
    }),
  );
  sftp.on('CLOSE', (id, name) =>
    answer(id, async () => {
      await handles.close(name);
      return undefined;
    }),
  );
  sftp.on('OPENDIR', (id, path) =>
    answer(id, async () => {
      const directory = await inside(path);
      return { handle: { kind: 'directory', path: directory, entries: await readdir(directory) } };
    }),
  );
  sftp.on('READDIR', (id, name) =>
    answer(id, async () => {
      const directory = handles.directory(name);
      const { entries } = directory;
      if (!entries) return 'end of file';
      directory.entries = undefined;
      return { names: await Promise.all(entries.map((entry) => fileEntry(directory.path, entry))) };
    }),
  );
  sftp.on('MKDIR', (id, path, attrs) =>
    answer(id, async () => {
      await mkdir(await inside(path), { mode: (attrs.mode ?? 0o755) & 0o777 });
      return undefined;
    }),
  );
  sftp.on('RMDIR', (id, path) => answer(id, async () => void (await rmdir(await inside(path)))));
  sftp.on('REMOVE', (id, path) => answer(id, async () => void (await rm(await unlessBase(path)))));
  sftp.on('RENAME', (id, from, to) =>
    answer(id, async () => void (await rename(await unlessBase(from), await unlessBase(to)))),
  );
  sftp.on('SETSTAT', (id, path, attrs) =>
    answer(id, async () => {
      const flags = attrs.size === undefined ? fs.O_RDONLY : fs.O_WRONLY;
      const file = await SftpFile.open(await inside(path), flags, 0, disk);
      await setAttributes(file, attrs).finally(() => file.close());
      return undefined;
    }),
  );
  sftp.on('FSETSTAT', (id, name, attrs) =>
    answer(id, async () => void (await setAttributes(handles.file(name), attrs))),
  );
  // A client that has no more to ask ends its side and waits until the channel closes.
  sftp.on('end', () => sftp.end());
  sftp.on('close', () => void handles.closeAll());
}

/** The open files and directories of one SFTP channel, by the names that the client knows them by. */
class OpenHandles {
  private readonly handles = new Map<string, Handle>();
  private next = 1;

  keep(handle: Handle): Buffer {
    const name = Buffer.from(String(this.next++));
    this.handles.set(name.toString(), handle);
    return name;
  }

  file(name: Buffer): SftpFile {
    const handle = this.handles.get(name.toString());
    if (handle?.kind !== 'file') throw failure('EBADF', 'no open file has this handle');
    return handle.file;
  }

  directory(name: Buffer): DirectoryHandle {
    const handle = this.handles.get(name.toString());
    if (handle?.kind !== 'directory') throw failure('EBADF', 'no open directory has this handle');
    return handle;
  }

  async close(name: Buffer): Promise<void> {
    const handle = this.handles.get(name.toString());
    if (!handle) throw failure('EBADF', 'nothing open has this handle');
    this.handles.delete(name.toString());
    if (handle.kind === 'file') await handle.file.close();
  }

  async closeAll(): Promise<void> {
    const all = [...this.handles.values()];
    this.handles.clear();
    for (const handle of all) if (handle.kind === 'file') await handle.file.abandon().catch(() => undefined);
  }
}

async function fileEntry(directory: string, filename: string): Promise<FileEntry> {
  return { filename, longname: filename, attrs: attributes(await lstat(join(directory, filename))) };
}

/** The path with the links of its directory followed, if that lies under the root. The last part may be absent. */
async function allowed(root: string, path: string): Promise<string> {
  const top = await realpath(root);
  const wanted = resolve('/', path);
  const real = wanted === root ? top : join(await realpath(dirname(wanted)), basename(wanted));
  const target = await realpath(real).catch(() => real);
  const within = [real, target].every((one) => one === top || one.startsWith(top + sep));
  if (!within) throw failure('EACCES', `${path} is not under ${root}`);
  return real;
}

function statusOf(error: NodeJS.ErrnoException): number {
  if (error.code === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE;
  if (error.code === 'EACCES' || error.code === 'EPERM') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}

function openFlags(flags: number): number {
  const write = (flags & OPEN_MODE.WRITE) !== 0;
  const access = write ? ((flags & OPEN_MODE.READ) !== 0 ? fs.O_RDWR : fs.O_WRONLY) : fs.O_RDONLY;
  return (
    access |
    ((flags & OPEN_MODE.CREAT) !== 0 ? fs.O_CREAT : 0) |
    ((flags & OPEN_MODE.TRUNC) !== 0 ? fs.O_TRUNC : 0) |
    ((flags & OPEN_MODE.EXCL) !== 0 ? fs.O_EXCL : 0) |
    ((flags & OPEN_MODE.APPEND) !== 0 ? fs.O_APPEND : 0)
  );
}

function attributes(stats: Stats): Attributes {
  return {
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atime: Math.floor(stats.atimeMs / 1000),
    mtime: Math.floor(stats.mtimeMs / 1000),
  };
}

async function setAttributes(file: SftpFile, attrs: Partial<Attributes>): Promise<void> {
  if (attrs.size !== undefined) await file.truncate(attrs.size);
  if (attrs.mode !== undefined) await file.setMode(attrs.mode);
  if (attrs.mtime !== undefined) await file.setTimes(attrs.atime ?? attrs.mtime, attrs.mtime);
}
