//go:build tools

package tools

import _ "github.com/bpg/terraform-provider-proxmox"
