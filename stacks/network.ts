import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Network } from '../config/lab';
import { NetworkLinuxBridge, NetworkLinuxVlan } from './provider';

export interface LabNetworkProps {
  readonly nodeName: string;
  readonly network: Network;
  readonly comment: string;
  /** Whether the bridge is there already, without being in Terraform's state, which takes it in. */
  readonly isLost: boolean;
  /** Tag of its guests. @default none */
  readonly vlan?: number;
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * One network of the lab: a bridge without ports on the node, which has the network's gateway as its address. Where its
 * guests are in a VLAN, the gateway is the address of the node's interface in that VLAN.
 */
export class LabNetwork extends Construct {
  readonly bridge: NetworkLinuxBridge;
  /** What makes the network whole. */
  readonly ready: ITerraformDependable;

  constructor(scope: Construct, id: string, props: LabNetworkProps) {
    super(scope, id);
    const { nodeName, network, vlan, comment } = props;
    const address = `${network.gateway}/${network.cidr.split('/')[1]}`;
    this.bridge = new NetworkLinuxBridge(this, 'bridge', {
      nodeName,
      name: network.bridge,
      address: vlan === undefined ? address : undefined,
      comment,
      vlanAware: network.vlanAware,
      autostart: true,
      dependsOn: [...props.dependsOn],
    });
    this.ready =
      vlan === undefined
        ? this.bridge
        : new NetworkLinuxVlan(this, 'vlan', {
            ...{ nodeName, name: `${network.bridge}.${vlan}`, address, comment, autostart: true },
            dependsOn: [this.bridge],
          });
    if (props.isLost) this.bridge.importFrom(`${props.nodeName}:${props.network.bridge}`);
  }
}
