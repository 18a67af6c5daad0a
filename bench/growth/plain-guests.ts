import { FIRST_VMID } from '../lab-file';

/**
 * A Terraform configuration of guests and nothing else: no images, no user data, no scripts. Which node it is and how to
 * log in stands in the environment.
 */
export function plainGuests(count: number, node: string): string {
  return `
terraform {
  required_providers {
    proxmox = { source = "bpg/proxmox" }
  }
}
provider "proxmox" {}
resource "proxmox_virtual_environment_vm" "guest" {
  count           = ${count}
  node_name       = "${node}"
  vm_id           = ${FIRST_VMID} + count.index
  name            = "guest-\${count.index}"
  scsi_hardware   = "virtio-scsi-single"
  stop_on_destroy = true
  memory {
    dedicated = 1024
  }
  disk {
    datastore_id = "local-lvm"
    interface    = "scsi0"
    size         = 8
    file_format  = "raw"
  }
}
`;
}
