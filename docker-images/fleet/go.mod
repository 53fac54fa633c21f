module fleet

go 1.19

require (
	github.com/coreos/etcd v3.3.27+incompatible
	github.com/coreos/fleet v1.0.0
	github.com/coreos/go-semver v0.2.0
	github.com/coreos/go-systemd v0.0.0-20161114122254-48702e0da86b
	github.com/godbus/dbus v4.1.0+incompatible
	github.com/gogo/protobuf v1.2.1
	github.com/golang/protobuf v1.3.2
	github.com/jonboulle/clockwork v0.1.0
	github.com/pborman/uuid v1.2.1
	github.com/prometheus/client_golang v0.9.4
	github.com/rakyll/globalconf v0.0.0-20180912185831-87f8127c421f
	github.com/spf13/cobra v0.0.3
	github.com/spf13/pflag v1.0.3
	github.com/vishvananda/netlink v1.0.0
	golang.org/x/crypto v0.17.0
	golang.org/x/net v0.17.0
	google.golang.org/api v0.3.1
	google.golang.org/grpc v1.19.0
)

require (
	github.com/glacjay/goini v0.0.0-20161120062552-fd3024d87ee2 // indirect
	github.com/vishvananda/netns v0.0.5 // indirect
)
