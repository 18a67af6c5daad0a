//go:build tools

// Package tools pins the Terraform provider that the lab uses, for machines that cannot reach the Terraform registry:
// scripts/provider.ts builds it from here, and go.sum verifies every module.
package tools

import _ "github.com/bpg/terraform-provider-proxmox"
