/**
 * The classes of the provider that the lab is made of, under the names that the generated bindings give them. Another
 * version of the provider, or other bindings, is met here and nowhere else.
 */
export { BackupJob } from '@cdktf/provider-proxmox/backup-job';
export { DataProxmoxVirtualEnvironmentContainers } from '@cdktf/provider-proxmox/data-proxmox-virtual-environment-containers';
export { DataProxmoxVirtualEnvironmentNodes } from '@cdktf/provider-proxmox/data-proxmox-virtual-environment-nodes';
export { DataProxmoxVirtualEnvironmentVms } from '@cdktf/provider-proxmox/data-proxmox-virtual-environment-vms';
export { DownloadFile } from '@cdktf/provider-proxmox/download-file';
export { NetworkLinuxBridge } from '@cdktf/provider-proxmox/network-linux-bridge';
export { NetworkLinuxVlan } from '@cdktf/provider-proxmox/network-linux-vlan';
export { ProxmoxProvider } from '@cdktf/provider-proxmox/provider';
export { StorageDirectory } from '@cdktf/provider-proxmox/storage-directory';
export { StorageLvm } from '@cdktf/provider-proxmox/storage-lvm';
export { StorageLvmthin } from '@cdktf/provider-proxmox/storage-lvmthin';
export { StorageNfs } from '@cdktf/provider-proxmox/storage-nfs';
export { StorageZfspool } from '@cdktf/provider-proxmox/storage-zfspool';
export { VirtualEnvironmentContainer } from '@cdktf/provider-proxmox/virtual-environment-container';
export { VirtualEnvironmentDns } from '@cdktf/provider-proxmox/virtual-environment-dns';
export { VirtualEnvironmentFile } from '@cdktf/provider-proxmox/virtual-environment-file';
export { VirtualEnvironmentHosts } from '@cdktf/provider-proxmox/virtual-environment-hosts';
export { VirtualEnvironmentTime } from '@cdktf/provider-proxmox/virtual-environment-time';
export { VirtualEnvironmentVm } from '@cdktf/provider-proxmox/virtual-environment-vm';
