/** Which options of a guest a caller may change, as Proxmox VE decides it. */
import type { AccessService } from '../access/access-service';
import { ApiError } from '../base/api-error';
import { type Caller, isRoot } from '../base/caller';
import { isCdrom, isCloudInit, isDriveSlot, isUnusedDisk } from '../formats/drive';
import { isNic } from '../formats/nic';
import { privilegesOf } from '../formats/option-privileges';
import { driveOf, nicsOf, type OptionValues } from '../formats/option-values';

export class OptionAccess {
  constructor(private readonly access: AccessService) {}

  /** For a guest that is made. Throws ApiError. Drives need no more than their storage's privileges. */
  checkNew(caller: Caller, vmid: number, options: OptionValues, pool: string | undefined): void {
    const paths = [...(pool === undefined ? [] : [`/pool/${pool}`]), `/vms/${vmid}`];
    for (const name of options.keys()) {
      if (!isDriveSlot(name)) this.check(caller, paths, name, options);
    }
    this.checkBridges(caller, options);
  }

  /** Whether the caller may connect a guest to the bridges that the options name. Throws ApiError 403. */
  checkBridges(caller: Caller, options: OptionValues): void {
    for (const { nic } of nicsOf(options)) {
      const { bridge } = nic;
      if (bridge !== undefined) this.access.check(caller, `/sdn/zones/localnetwork/${bridge}`, ['SDN.Use']);
    }
  }

  /** `names` are the options that are set or deleted; what each was and will be decides what it needs. */
  checkChange(
    caller: Caller,
    vmid: number,
    names: Iterable<string>,
    before: OptionValues,
    after: OptionValues,
  ): void {
    for (const name of names) {
      for (const values of [before, after]) {
        if (values === after || isDriveSlot(name)) this.check(caller, [`/vms/${vmid}`], name, values);
      }
      const nic = before.get(name);
      // Who takes an interface from a bridge must have a right on that one too.
      if (isNic(nic)) this.checkBridges(caller, new Map([[name, nic]]));
    }
    this.checkBridges(caller, after);
  }

  private check(caller: Caller, paths: readonly string[], name: string, values: OptionValues): void {
    if (isRoot(caller)) return;
    const needed = this.needed(name, values);
    if (!needed) throw new ApiError(500, `only root can set '${name}' config`);
    // The order of starting is the node's affair too.
    if (name === 'startup') this.access.check(caller, '/', ['Sys.Modify']);
    if (needed.length === 0 || paths.some((path) => this.access.has(caller, path, needed))) return;
    this.access.check(caller, paths.at(-1) ?? '/', needed);
  }

  /** Empty = nothing; undefined = root@pam alone. */
  private needed(name: string, values: OptionValues): readonly string[] | undefined {
    if (isUnusedDisk(name)) return ['VM.Config.Disk'];
    if (isDriveSlot(name)) {
      const drive = driveOf(values, name);
      if (!drive) return [];
      return isCdrom(drive) && !isCloudInit(drive) ? ['VM.Config.CDROM'] : ['VM.Config.Disk'];
    }
    // A socket concerns the guest alone, a device is the node's.
    if (/^serial\d+$/.test(name)) {
      const port = values.get(name);
      return port === undefined || port === 'socket' ? ['VM.Config.HWType'] : undefined;
    }
    return privilegesOf(name);
  }
}
