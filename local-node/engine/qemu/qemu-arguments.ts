import type { CacheMode, GuestDisk, GuestNic, GuestSpec } from '../guest-engine';

export interface MachineOptions {
  readonly kvm: boolean;
  /** Where the first serial port is logged, outside the guest; who wants to type there has its socket. */
  readonly consoleLog: string;
  /** Whether the kernel has io_uring for QEMU; without it disks that ask for it are served by threads. */
  readonly ioUring: boolean;
}

/** Where Proxmox VE has the pid files and sockets of the guests, and their QEMU its own sockets. */
export const RUN = '/run/qemu-server';

/** Names of a guest's files in there. Each QEMU sees a directory of its own under that name, with its sockets alone. */
export function runtimeFiles(vmid: number): {
  readonly pid: string;
  readonly directory: string;
  readonly qmp: string;
  readonly agent: string;
  readonly screen: string;
  readonly serial: string;
} {
  const directory = String(vmid);
  return {
    pid: `${vmid}.pid`,
    directory,
    qmp: `${directory}/${vmid}.qmp`,
    agent: `${directory}/${vmid}.qga`,
    screen: `${directory}/${vmid}.vnc`,
    serial: `${directory}/${vmid}.serial0`,
  };
}

/** The argument by which the guest's QEMU is told from any other process. */
export function monitorArgument(vmid: number): string {
  return `socket,id=qmp,path=${RUN}/${vmid}.qmp,server=on,wait=off`;
}

export function tapName(vmid: number, index: number): string {
  return `tap${vmid}i${index}`;
}

/** A comma inside a value is doubled in QEMU's option strings. */
function value(text: string): string {
  return text.replaceAll(',', ',,');
}

/**
 * The command line of a guest. It follows Proxmox VE's own where a guest or a measurement can tell the difference
 * (machine, buses, virtio devices, balloon, taps), and leaves out what only costs time without hardware support (a
 * graphics card that nobody asked for, USB, HPET).
 */
export function qemuArguments(spec: GuestSpec, options: MachineOptions): string[] {
  const argv = [
    ['-name', `guest=${value(spec.name)},debug-threads=on`],
    ['-nodefaults', '-no-user-config'],
    ['-machine', 'pc,hpet=off,usb=off,vmport=off', ...accelerator(options.kvm)],
    ['-smp', String(spec.cpus), '-m', `${spec.memoryMiB}M`],
    ['-rtc', 'base=utc', ...screen(spec)],
    ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ['-chardev', monitorArgument(spec.vmid)],
    ['-mon', 'chardev=qmp,mode=control'],
    ['-device', 'virtio-balloon-pci,id=balloon0'],
    ['-device', 'virtio-rng-pci,id=rng0'],
    ['-boot', 'strict=on'],
  ];
  if (spec.serial) {
    argv.push([
      '-chardev',
      `socket,id=serial0,path=${RUN}/${spec.vmid}.serial0,server=on,wait=off,logfile=${value(options.consoleLog)}`,
    ]);
    argv.push(['-device', 'isa-serial,chardev=serial0']);
  }
  if (spec.agent) {
    argv.push(['-chardev', `socket,id=qga0,path=${RUN}/${spec.vmid}.qga,server=on,wait=off`]);
    argv.push(['-device', 'virtio-serial-pci,id=agent0']);
    argv.push(['-device', 'virtserialport,bus=agent0.0,chardev=qga0,name=org.qemu.guest_agent.0']);
  }
  return [
    ...argv,
    ...spec.disks
      .filter((disk) => hasThread(disk, spec))
      .map(({ slot }) => ['-object', `iothread,id=iothread-${slot}`]),
    ...controllers(spec),
    ...spec.disks.map((disk) => drive(disk, spec, options)),
    ...spec.nics.map((nic) => network(nic, spec)),
  ].flat();
}

/** Never a TCP port; until somebody has a ticket no password is set, and nobody gets in. */
function screen({ vmid, screen }: GuestSpec): string[] {
  if (!screen) return ['-vga', 'none', '-display', 'none'];
  return ['-vga', 'std', '-vnc', `unix:${RUN}/${vmid}.vnc,password=on`];
}

/**
 * Emulated, every vCPU has a thread and the guest's translated code a buffer of 256 MiB: with the default of 1 GiB the
 * node's memory grows for nothing, with less the buffer is thrown away during a boot.
 */
function accelerator(kvm: boolean): string[] {
  if (kvm) return ['-accel', 'kvm', '-cpu', 'host'];
  return ['-accel', 'tcg,thread=multi,tb-size=256', '-cpu', 'max'];
}

function bootIndex(slot: string, spec: GuestSpec): string {
  const place = spec.bootOrder.indexOf(slot);
  return place < 0 ? '' : `,bootindex=${100 + place}`;
}

function slotOf(slot: string): { readonly bus: string; readonly index: number } {
  const match = /^(scsi|virtio|ide|sata)(\d+)$/.exec(slot);
  if (!match)
    throw new Error(`'${slot}' is no bus that a disk can be on (scsi, virtio, ide or sata and a number)`);
  return { bus: match[1] ?? '', index: Number(match[2]) };
}

/** As on Proxmox VE a thread serves a disk that has a controller of its own, and no other. */
function hasThread({ iothread, media, slot }: GuestDisk, { scsiController }: GuestSpec): boolean {
  const { bus } = slotOf(slot);
  const alone = bus === 'virtio' || (bus === 'scsi' && scsiController === 'virtio-scsi-single');
  return iothread === true && media === 'disk' && alone;
}

function thread(disk: GuestDisk, spec: GuestSpec): string {
  return hasThread(disk, spec) ? `,iothread=iothread-${disk.slot}` : '';
}

const SCSI_CONTROLLERS: Readonly<Record<string, string>> = {
  'virtio-scsi-single': 'virtio-scsi-pci',
  'virtio-scsi-pci': 'virtio-scsi-pci',
  lsi: 'lsi',
  lsi53c810: 'lsi53c810',
  megasas: 'megasas',
  pvscsi: 'pvscsi',
};

/** One SCSI controller for all disks, or one for each with virtio-scsi-single; one SATA controller. */
function controllers(spec: GuestSpec): string[][] {
  const slots = spec.disks.map((disk) => slotOf(disk.slot));
  const scsi = slots.filter((slot) => slot.bus === 'scsi').map((slot) => slot.index);
  const model = SCSI_CONTROLLERS[spec.scsiController];
  if (scsi.length > 0 && !model) throw new Error(`SCSI controller '${spec.scsiController}' is not supported`);
  const single = spec.scsiController === 'virtio-scsi-single';
  const buses = single ? scsi : scsi.slice(0, 1).map(() => 0);
  const sata = slots.some((slot) => slot.bus === 'sata');
  return [
    ...buses.map((index) => {
      const disk = spec.disks.find(({ slot }) => single && slot === `scsi${index}`);
      return ['-device', `${model},id=scsihw${index}${disk ? thread(disk, spec) : ''}`];
    }),
    ...(sata ? [['-device', 'ahci,id=ahci0']] : []),
  ];
}

/**
 * Of disks whose configuration names none. They are written through the page cache, and the guest's flushes are not
 * passed on to the machine's disk. A guest or node that is killed loses nothing by that; a machine that loses power may,
 * and with it goes the whole lab, which is made to be thrown away.
 */
const DEFAULT_CACHE: CacheMode = 'unsafe';

function drive(disk: GuestDisk, spec: GuestSpec, { ioUring }: MachineOptions): string[] {
  const { bus, index } = slotOf(disk.slot);
  const id = `drive-${disk.slot}`;
  const cdrom = disk.media === 'cdrom';
  const access = cdrom
    ? 'media=cdrom,readonly=on'
    : [
        `cache=${disk.cache ?? DEFAULT_CACHE}`,
        // What Proxmox VE says too: zeroes that are written count as given back.
        disk.discard ? 'discard=unmap,detect-zeroes=unmap' : 'discard=ignore,detect-zeroes=on',
        ...(disk.aio ? [`aio=${disk.aio === 'io_uring' && !ioUring ? 'threads' : disk.aio}`] : []),
      ].join(',');
  const backend = `file=${value(disk.path)},if=none,id=${id},format=${disk.format},${access}`;
  const single = spec.scsiController === 'virtio-scsi-single';
  const kind = cdrom ? 'cd' : 'hd';
  const devices: Readonly<Record<string, string>> = {
    scsi: `scsi-${kind},bus=scsihw${single ? index : 0}.0,scsi-id=${single ? 0 : index}`,
    virtio: `virtio-blk-pci${thread(disk, spec)}`,
    ide: `ide-${kind},bus=ide.${Math.floor(index / 2)},unit=${index % 2}`,
    sata: `ide-${kind},bus=ahci0.${index}`,
  };
  const device = `${devices[bus]},drive=${id},id=${disk.slot}${bootIndex(disk.slot, spec)}`;
  return ['-drive', backend, '-device', device];
}

const NIC_MODELS: Readonly<Record<string, string>> = { virtio: 'virtio-net-pci' };

/** Without the boot ROM unless the guest boots from the network: it costs a second of emulated BIOS. */
function network(nic: GuestNic, spec: GuestSpec): string[] {
  const slot = `net${nic.index}`;
  const boot = bootIndex(slot, spec);
  const model = NIC_MODELS[nic.model] ?? nic.model;
  return [
    '-netdev',
    `tap,id=${slot},ifname=${tapName(spec.vmid, nic.index)},script=no,downscript=no`,
    '-device',
    `${value(model)},netdev=${slot},id=${slot},mac=${nic.mac}${boot || ',romfile='}`,
  ];
}
