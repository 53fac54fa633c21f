//go:build tools

// Package fleet names the two programs that are compiled here, so that the module file can pin what they need.
package fleet

import (
	_ "github.com/coreos/fleet"
	_ "github.com/coreos/fleet/fleetctl"
)
