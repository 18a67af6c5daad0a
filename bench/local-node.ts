/**
 * How long Terraform with the real provider takes to apply and destroy N guests on the local node with simulated
 * guests, and how much memory the node's process takes, idle and after. Nothing of a guest runs: this is the cost of
 * the API and of the provider.
 *
 *   npx tsx bench/local-node.ts [guests, default 50] [terraform's parallelism, default 50]
 */
import { ProviderLab } from '../test/contract/provider/provider-lab';

function guests(url: string, count: number): string {
  return `
resource "proxmox_network_linux_bridge" "servers" {
  node_name = "pve"
  name      = "vmbr10"
  address   = "192.168.10.1/24"
}
resource "proxmox_download_file" "image" {
  node_name    = "pve"
  datastore_id = "local"
  content_type = "import"
  url          = ${JSON.stringify(url)}
  file_name    = "bench.qcow2"
}
resource "proxmox_virtual_environment_vm" "guest" {
  count           = ${count}
  node_name       = "pve"
  vm_id           = 1000 + count.index
  name            = "guest-\${count.index}"
  scsi_hardware   = "virtio-scsi-single"
  stop_on_destroy = true
  agent {
    enabled = true
    timeout = "1m"
  }
  memory {
    dedicated = 1024
  }
  disk {
    datastore_id = "local-lvm"
    import_from  = proxmox_download_file.image.id
    interface    = "scsi0"
    size         = 8
  }
  initialization {
    datastore_id = "local-lvm"
    ip_config {
      ipv4 {
        address = "192.168.10.\${10 + count.index}/24"
        gateway = "192.168.10.1"
      }
    }
  }
  network_device {
    bridge = proxmox_network_linux_bridge.servers.name
  }
}
`;
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const { user, system } = process.cpuUsage(cpu);
  const own = ((user + system) / 1e6).toFixed(2);
  console.log(`${what}: ${seconds} s, of which the node's process computed ${own} s`);
}

async function main(): Promise<void> {
  const [count = 50, parallelism = 50] = process.argv.slice(2).map(Number);
  const lab = await ProviderLab.start();
  try {
    console.log(
      `node idle: ${mebibytes(process.memoryUsage().rss)} MiB resident (with the loader of TypeScript)`,
    );
    lab.write(guests(lab.imageUrl, count));
    await lab.terraform(['init']);
    const flags = ['-auto-approve', `-parallelism=${parallelism}`];
    await timed(`apply of ${count} guests`, () => lab.terraform(['apply', ...flags]));
    await timed('empty plan', () =>
      lab.terraform(['plan', '-detailed-exitcode', `-parallelism=${parallelism}`]),
    );
    console.log(`node with ${count} guests: ${mebibytes(process.memoryUsage().rss)} MiB resident`);
    await timed('destroy', () => lab.terraform(['destroy', ...flags]));
  } finally {
    await lab.close();
  }
}

void main();
