/** Which options of a container a caller may set, change or delete, as Proxmox VE decides it. */
import type { AccessService } from '../../access/access-service';
import { ApiError } from '../../base/api-error';
import { type Caller, isRoot } from '../../base/caller';
import { parseContainerNic } from '../../formats/container-nic';
import { containerPrivilege } from '../../formats/container-options';
import { type OptionValues, textOf } from '../../formats/option-values';

export class ContainerAccess {
  constructor(private readonly access: AccessService) {}

  /** `paths` are where a right may be held: the container, and for a new one its pool. Throws ApiError 403. */
  check(
    caller: Caller,
    paths: readonly string[],
    names: Iterable<string>,
    before: OptionValues,
    after: OptionValues,
  ): void {
    for (const name of names) {
      this.checkOption(caller, paths, name, textOf(after, name));
      // Who takes an interface from a bridge must have a right on that one too.
      for (const values of [before, after]) this.checkBridge(caller, name, textOf(values, name));
    }
  }

  /** Whether the caller may connect a container to the bridge of an interface. Throws ApiError 403. */
  checkBridge(caller: Caller, name: string, value: string | undefined): void {
    if (!/^net\d+$/.test(name) || value === undefined) return;
    const { bridge } = parseContainerNic(value, name);
    if (bridge !== undefined) this.access.check(caller, `/sdn/zones/localnetwork/${bridge}`, ['SDN.Use']);
  }

  private checkOption(
    caller: Caller,
    paths: readonly string[],
    name: string,
    value: string | undefined,
  ): void {
    if (isRoot(caller)) return;
    if (name === 'features' && value !== undefined && !/^nesting=[01]$/.test(value)) {
      throw new ApiError(403, 'changing feature flags (except nesting) is only allowed for root@pam');
    }
    const needed = containerPrivilege(name);
    if (needed === undefined) throw new ApiError(500, `only root can set '${name}' config`);
    // What a container is made of comes with the right to make it.
    if (name === 'unprivileged' || name === 'ostype' || name === 'arch') return;
    if (name === 'startup') this.access.check(caller, '/', ['Sys.Modify']);
    if (paths.some((path) => this.access.has(caller, path, [needed]))) return;
    this.access.check(caller, paths.at(-1) ?? '/', [needed]);
  }
}
