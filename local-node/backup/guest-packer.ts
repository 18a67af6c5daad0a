/** What backups of both kinds of guests have in common, and where they differ. */
import type { BackupKind } from '../formats/backup-name';
import type { OptionValues } from '../formats/option-values';
import type { GuestStore } from '../guests/guest-store';
import type { BackupMode, BackupRequest } from './backup-request';

/** One backup under way. */
export interface Packing {
  readonly vmid: number;
  /** The guest's options, without the lock. */
  readonly values: OptionValues;
  readonly running: boolean;
  readonly mode: BackupMode;
  readonly request: BackupRequest;
  /** Where the archive is to be written. */
  readonly path: string;
  /** The name that it will have. */
  readonly finalPath: string;
  /** A directory of its own, which the caller removes. */
  readonly working: string;
  /** Milliseconds since the epoch. */
  readonly began: number;
  readonly signal: AbortSignal;
  /** Throws if the storage is nearly full. */
  readonly requireRoom: (bytes: number) => Promise<void>;
  readonly log: (line: string) => void;
  /** Starts a guest again that was stopped for its backup; later calls do nothing. */
  readonly restart: () => Promise<void>;
}

export interface GuestPacker {
  readonly kind: BackupKind;
  /** What Proxmox VE calls the guest. */
  readonly noun: 'VM' | 'CT';
  readonly store: GuestStore;
  isRunning(vmid: number): boolean;
  nameOf(vmid: number, values: OptionValues): string;
  /** Says what goes into the archive. */
  describe(values: OptionValues, log: (line: string) => void): void;
  /** The mode in which it can be done, or why it is not the one that was asked for. */
  possible(mode: BackupMode): { readonly mode: BackupMode; readonly instead?: string };
  pack(packing: Packing): Promise<void>;
  /** Shuts the guest down, within seconds or by force. */
  shutdown(vmid: number, values: OptionValues, seconds: number): Promise<void>;
  start(vmid: number): Promise<void>;
  /** Lets a guest go on whose backup a crash cut off. */
  release(vmid: number): Promise<void>;
  /** What the log says of a guest that is started again, before and after. */
  restartWords(seconds?: number): string;
}
