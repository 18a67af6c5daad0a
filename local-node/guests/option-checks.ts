/** What can be said against the values of options beyond their grammar, in Proxmox VE's words. */
import { accessSync, constants, statSync } from 'node:fs';
import { whyNoVlans } from '../../config/kernel-vlans';
import { ApiError } from '../base/api-error';
import { isNic } from '../formats/nic';
import { type OptionValues, textOf } from '../formats/option-values';
import type { StorageService } from '../storage/storage-service';

const KEY_TYPE =
  /(^|\s)(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-[\w@.-]+)\s+[A-Za-z0-9+/]+=*(\s|$)/;

/** Throws ApiError. */
export function checkOptionValues(options: OptionValues, storage: StorageService): void {
  for (const [name, value] of options) {
    if (isNic(value) && (value.tag !== undefined || value.trunks !== undefined)) {
      throw new ApiError(
        501,
        `VLANs of ${name} (tag, trunks) are not implemented by the local node: ${whyNoVlans()}`,
      );
    }
  }
  const keys = textOf(options, 'sshkeys');
  if (keys !== undefined) checkKeys(decodeURIComponent(keys));
  const script = textOf(options, 'hookscript');
  if (script !== undefined) checkHookScript(script, storage);
}

function checkKeys(text: string): void {
  for (const line of text.split('\n').map((part) => part.trim())) {
    if (line === '' || line.startsWith('#') || KEY_TYPE.test(line)) continue;
    throw new ApiError(500, 'SSH public key validation error');
  }
}

function checkHookScript(volid: string, storage: StorageService): void {
  const { path, content } = storage.volume(volid);
  if (content !== 'snippets') throw new ApiError(500, `'${volid}' is not in the snippets directory`);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new ApiError(500, `script '${volid}' does not exist`);
  }
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new ApiError(500, `script '${volid}' is not executable`);
  }
}
