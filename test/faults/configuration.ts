export interface Wanted {
  readonly memoryMiB: number;
  readonly guests: number;
}

export interface Access {
  readonly endpoint: string;
  readonly token: string;
  readonly keyFile: string;
  readonly sshPort: number;
  readonly image: string;
  readonly imageUrl: string;
}

/** Bridges, an image of either kind, snippets and guests, with the settings that the lab gives them. */
export function configuration({ memoryMiB, guests }: Wanted, access: Access): string {
  return `${provider(access)}
resource "proxmox_network_linux_bridge" "servers" {
  node_name = "pve"
  name      = "vmbr10"
  address   = "192.168.10.1/24"
  comment   = "servers of lab"
  autostart = true
}
resource "proxmox_download_file" "image" {
  node_name    = "pve"
  datastore_id = "local"
  content_type = "import"
  url          = ${JSON.stringify(access.imageUrl)}
  file_name    = "downloaded.qcow2"
  overwrite    = false
  overwrite_unmanaged = true
}
resource "proxmox_virtual_environment_file" "image" {
  node_name    = "pve"
  datastore_id = "local"
  content_type = "import"
  source_file {
    path      = ${JSON.stringify(access.image)}
    file_name = "uploaded.qcow2"
  }
}
resource "proxmox_virtual_environment_file" "user_data" {
  count        = ${guests}
  node_name    = "pve"
  datastore_id = "local"
  content_type = "snippets"
  source_raw {
    file_name = "guest-\${count.index}.yaml"
    data      = "#cloud-config\\nhostname: guest-\${count.index}\\n"
  }
}
resource "proxmox_virtual_environment_vm" "guest" {
  count           = ${guests}
  node_name       = "pve"
  vm_id           = 200 + count.index
  name            = "guest-\${count.index}"
  description     = "of the lab"
  tags            = ["lab", "role"]
  scsi_hardware   = "virtio-scsi-single"
  boot_order      = ["scsi0"]
  on_boot         = false
  started         = true
  stop_on_destroy = true
  timeout_create   = 20
  timeout_start_vm = 20
  timeout_stop_vm  = 20
  agent {
    enabled = true
    timeout = "5s"
    wait_for_ip {
      disabled = true
    }
  }
  cpu {
    cores = 1
    type  = "host"
  }
  memory {
    dedicated = ${memoryMiB}
  }
  serial_device {
    device = "socket"
  }
  disk {
    datastore_id = "local-lvm"
    import_from  = count.index % 2 == 0 ? proxmox_download_file.image.id : proxmox_virtual_environment_file.image.id
    interface    = "scsi0"
    size         = 4
  }
  initialization {
    type              = "nocloud"
    datastore_id      = "local-lvm"
    user_data_file_id = proxmox_virtual_environment_file.user_data[count.index].id
    ip_config {
      ipv4 {
        address = "192.168.10.\${20 + count.index}/24"
        gateway = "192.168.10.1"
      }
    }
  }
  network_device {
    bridge = proxmox_network_linux_bridge.servers.name
    model  = "virtio"
  }
  operating_system {
    type = "l26"
  }
}
`;
}

function provider({ endpoint, token, keyFile, sshPort }: Access): string {
  return `terraform {
  required_providers {
    proxmox = { source = "bpg/proxmox" }
  }
}
provider "proxmox" {
  endpoint  = ${JSON.stringify(endpoint)}
  api_token = ${JSON.stringify(token)}
  ssh {
    agent       = false
    username    = "root"
    private_key = file(${JSON.stringify(keyFile)})
    node {
      name    = "pve"
      address = "127.0.0.1"
      port    = ${sshPort}
    }
  }
}
`;
}
