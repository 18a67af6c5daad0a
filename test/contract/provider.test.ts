import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseOptions } from '../../local-node/formats/option-values';
import { ProviderLab } from './provider/provider-lab';

/** Terraform with the real provider needs some seconds for each run. */
jest.setTimeout(180_000);

const ROOT = { userId: 'root@pam' };

interface Wanted {
  readonly memory: number;
  readonly diskGiB: number;
  readonly guests: number;
}

function lab(url: string, upload: string, { memory, diskGiB, guests }: Wanted): string {
  return `
resource "proxmox_network_linux_bridge" "servers" {
  node_name = "pve"
  name      = "vmbr10"
  address   = "192.168.10.1/24"
  comment   = "servers"
}
resource "proxmox_download_file" "image" {
  node_name    = "pve"
  datastore_id = "local"
  content_type = "import"
  url          = ${JSON.stringify(url)}
  file_name    = "downloaded.qcow2"
}
resource "proxmox_virtual_environment_file" "image" {
  node_name    = "pve"
  datastore_id = "local"
  content_type = "import"
  source_file { path = ${JSON.stringify(upload)} }
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
  tags            = ["lab"]
  scsi_hardware   = "virtio-scsi-single"
  stop_on_destroy = true
  agent {
    enabled = true
    timeout = "1m"
  }
  cpu {
    cores = 1
  }
  memory {
    dedicated = ${memory}
  }
  serial_device {}
  disk {
    datastore_id = "local-lvm"
    import_from  = count.index % 2 == 0 ? proxmox_download_file.image.id : proxmox_virtual_environment_file.image.id
    interface    = "scsi0"
    size         = ${diskGiB}
  }
  initialization {
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
  }
  operating_system {
    type = "l26"
  }
}
output "addresses" {
  value = proxmox_virtual_environment_vm.guest[*].ipv4_addresses
}
`;
}

describe('the local node under Terraform with the real provider', () => {
  let labNode: ProviderLab;
  let upload: string;

  beforeAll(async () => {
    labNode = await ProviderLab.start();
    upload = join(labNode.directory, 'uploaded.qcow2');
    writeFileSync(upload, readFileSync(join(labNode.directory, 'tiny.qcow2')));
  });

  afterAll(async () => {
    await labNode?.close();
  });

  const declare = (wanted: Wanted) => labNode.write(lab(labNode.imageUrl, upload, wanted));

  test('a bridge, images, snippets and guests are applied, and the next plan is empty', async () => {
    declare({ memory: 1024, diskGiB: 8, guests: 3 });
    await labNode.terraform(['init']);
    await labNode.terraform(['apply', '-auto-approve']);

    const rows = await labNode.node.guests.figures.list(true);
    expect(rows.map(({ vmid, status, maxmem, maxdisk }) => ({ vmid, status, maxmem, maxdisk }))).toEqual(
      [200, 201, 202].map((vmid) => ({ vmid, status: 'running', maxmem: 2 ** 30, maxdisk: 8 * 2 ** 30 })),
    );
    const { output } = await labNode.terraform(['output', '-json', 'addresses']);
    expect(output).toContain('192.168.10.22');
    const plan = await labNode.terraform(['plan', '-detailed-exitcode'], [0, 2]);
    expect(plan.code).toBe(0);
  });

  test('a change of memory and disk reaches running guests, and the next plan is empty', async () => {
    declare({ memory: 1536, diskGiB: 10, guests: 3 });
    await labNode.terraform(['apply', '-auto-approve']);

    const rows = await labNode.node.guests.figures.list(true);
    expect(rows.map(({ status, maxmem, maxdisk }) => ({ status, maxmem, maxdisk }))).toEqual(
      Array(3).fill({ status: 'running', maxmem: 1536 * 2 ** 20, maxdisk: 10 * 2 ** 30 }),
    );
    const plan = await labNode.terraform(['plan', '-detailed-exitcode'], [0, 2]);
    expect(plan.code).toBe(0);
  });

  test('after destroy nothing of it is left', async () => {
    await labNode.terraform(['destroy', '-auto-approve']);

    const { stateDir } = labNode.node;
    expect(await labNode.node.guests.figures.list(false)).toEqual([]);
    expect(await labNode.node.storage.content('local', {})).toEqual([]);
    expect(readdirSync(join(stateDir, 'storage', 'local-lvm', 'images'))).toEqual([]);
    expect(readdirSync(join(stateDir, 'storage', 'local', 'import'))).toEqual([]);
    expect(readdirSync(join(stateDir, 'run', 'guests'))).toEqual([]);
    expect(labNode.node.network.hasBridge('vmbr10')).toBe(false);
  });

  test('a foreign guest under one of our vmids is adopted by the provider, as on Proxmox VE', async () => {
    const options = parseOptions([
      ['name', 'foreign'],
      ['memory', '64'],
      ['agent', '1'],
      ['scsi0', 'local-lvm:1'],
      ['ide2', 'local-lvm:cloudinit'],
      ['net0', 'virtio,bridge=vmbr10'],
      ['ipconfig0', 'ip=192.168.10.99/24'],
    ]);
    const worker = labNode.node.guests.creation.create(200, options, { start: false });
    const upid = labNode.node.tasks.run('qmcreate', '200', ROOT, worker);
    expect((await labNode.node.tasks.wait(upid, 30)).exitStatus).toBe('OK');

    declare({ memory: 1024, diskGiB: 8, guests: 1 });
    const applied = await labNode.terraform(['apply', '-auto-approve'], [0, 1]);

    // The lab must see to it by itself (ForeignGuestGuard): the node says no, and the provider goes on regardless.
    expect(applied.output).toContain('proxmox_virtual_environment_vm.guest[0]: Creation complete');
    expect(labNode.node.guests.store.get(200).values.get('name')).toBe('foreign');
    await labNode.terraform(['destroy', '-auto-approve']);
    expect(existsSync(join(labNode.node.stateDir, 'etc', 'pve', 'qemu-server', '200.conf'))).toBe(false);
  });
});
