#!/usr/bin/env bash
# The deployment by hand, for bench/deploy.ts to compare with: docker, ssh, fleetctl and curl, the same images, units and machines as
# deployments/deploy.yml, and everything at once that can be. It stops at the first fault, keeps nothing and cannot go on.
#
#   plain-deploy.sh up WORK     WORK: an empty folder for keys and config drives. Prints `SECONDS phase` lines and ends with ten endpoints.
#   plain-deploy.sh down WORK   removes all of it
#
# MACHINES and WEB (4 and 10) as the deployment's inputs; SUBNET a free /24. The images must have been built.
set -euo pipefail

readonly command=$1 work=$2 name=plain-deploy
readonly machines=${MACHINES:-4} web=${WEB:-10} subnet=${SUBNET:-10.219.87}
readonly registry=registry.fleetwright.internal:5000
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly here

down() {
  docker ps --all --quiet --filter "label=$name" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  ! docker network inspect "$name" >/dev/null 2>&1 || docker network rm "$name" >/dev/null
}

phase() {
  printf '%d.%01d %s\n' "$(((${EPOCHREALTIME/./} - began) / 1000000))" "$(((${EPOCHREALTIME/./} - began) / 100000 % 10))" "$*"
}

# until_true COMMAND...: a look every 0.2 s, for five minutes.
until_true() {
  local looks=1500
  until "$@" >/dev/null 2>&1; do
    ((looks-- > 0)) || { echo "waited in vain for: $*" >&2; return 1; }
    sleep 0.2
  done
}

# all COMMAND: for each machine's address at once; fails when one fails.
all() {
  local number jobs=() job
  for ((number = 1; number <= machines; number++)); do "$1" "$number" & jobs+=($!); done
  for job in "${jobs[@]}"; do wait "$job"; done
}

address() { printf '%s.%d' "$subnet" $((10 + $1)); }
machine() { printf 'core%02d' "$1"; }

# on NUMBER COMMAND...: one connection a machine, which all commands share.
on() {
  local number=$1
  shift
  ssh -i "$work/key" -o ControlMaster=auto -o "ControlPath=$work/%h" -o ControlPersist=60 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR -o ConnectTimeout=2 "core@$(address "$number")" "$@"
}

infra() {
  docker network create --subnet "$subnet.0/24" --label "$name" "$name" >/dev/null
  # The registry keeps what it was given before, as the product's does.
  docker run --detach --name "$name-infra" --label "$name" --network "$name" --ip "$subnet.2" --env "PUBLIC_ADDRESS=$subnet.2" \
    --publish 127.0.0.1::5000 --volume fleetwright-registry:/var/lib/registry fleetwright/infra >/dev/null
  until_true curl --fail --silent "http://$subnet.2:5000/v2/"
  until_true curl --fail --silent "http://$subnet.2:8087/health"
}

publish() {
  local image built there
  for image in db dbhelper web; do
    built=$(docker image inspect --format '{{.Id}}' "fleetwright/$image")
    there=$(curl --silent --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$subnet.2:5000/v2/fleetwright/$image/manifests/latest")
    [[ $there != *"$built"* ]] || continue
    there=$(docker port "$name-infra" 5000)/fleetwright/$image
    docker tag "fleetwright/$image" "$there"
    docker push --quiet "$there" >/dev/null
    docker rmi "$there" >/dev/null
  done
}

boot() {
  local number=$1 drive=$work/$(machine "$1") drop=()
  mkdir -p "$drive/openstack/latest"
  printf '{"uuid":"%s","name":"%s","hostname":"%s","public_keys":{"plain":"%s"}}' "$(cat /proc/sys/kernel/random/uuid)" "$(machine "$number")" \
    "$(machine "$number")" "$(cat "$work/key.pub")" > "$drive/openstack/latest/meta_data.json"
  cp "$work/user_data" "$drive/openstack/latest/user_data"
  (((0x$(awk '/^CapBnd/ {print $2}' /proc/self/status) >> 24) & 1)) || drop=(--cap-drop SYS_RESOURCE)
  docker run --detach --name "$name-$(machine "$number")" --label "$name" --hostname "$(machine "$number")" --network "$name" --ip "$(address "$number")" \
    --cap-add ALL "${drop[@]}" --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt label=disable \
    --security-opt systempaths=unconfined --device-cgroup-rule 'a *:* rwm' --cgroupns private --tmpfs /run:rw,mode=755,exec --tmpfs /run/lock \
    --tmpfs /tmp:rw,exec,mode=1777 --volume "$drive:/var/lib/cloud/seed/config_drive:ro" fleetwright/machine >/dev/null
}

# As soon as a machine answers: its passwords, then the image that every machine needs.
prepare() {
  until_true on "$1" true
  on "$1" 'sudo install -d -m 0700 /etc/fleetwright && sudo install -m 0600 /dev/stdin /etc/fleetwright/secrets.env' < "$work/secrets.env"
}

pull() {
  prepare "$1"
  until_true on "$1" docker pull --quiet "$registry/fleetwright/web"
}

healthy() {
  local number
  for ((number = 1; number <= machines; number++)); do on "$number" curl --fail --silent http://127.0.0.1:2379/health | grep -q true || return; done
  [ "$(on 1 fleetctl list-machines --no-legend | wc -l)" -eq "$machines" ]
}

# Where fleet has put the database.
database() {
  local host
  host=$(on 1 fleetctl list-units --no-legend --fields=unit,machine | awk '$1 == "db.service" {sub(".*/", "", $2); print $2}')
  [ -n "$host" ] && on $((${host##*.} - 10)) docker exec db mariadb --defaults-extra-file=/run/mysqld/client.cnf --batch --skip-column-names --execute "'$1'"
}

answers() { [ "$(database 'SELECT 1')" = 1 ]; }
imported() { [ "$(database 'SELECT COUNT(*) FROM world.City')" = 4079 ]; }
announced() { on 1 ETCDCTL_API=2 etcdctl get /services/db; }
webs_announced() { [ "$(on 1 ETCDCTL_API=2 etcdctl ls /services/web | wc -l)" -eq "$web" ]; }

verify() {
  local base
  base=$(on 1 ETCDCTL_API=2 etcdctl get "$1" | sed -E 's/.*"publicAddress":"([^"]+)","port":([0-9]+).*/http:\/\/\1:\2/')
  curl --fail --silent "$base/" | grep -q '<title>'
  curl --fail --silent "$base/home.php" | grep -q '<code>web'
  curl --fail --silent "$base/health.php" | grep -q PASS
  [ "$(curl --fail --silent "$base/world.php" | grep -c '<tr><td>')" -eq 4079 ]
  echo "$base ok"
}

up() {
  local instances monitors publishing pulls loading checks=() check key
  ssh-keygen -q -t ed25519 -N '' -f "$work/key"
  printf 'DB_ROOT_PASSWORD=%s\nDB_PASSWORD=%s\n' "$(openssl rand -hex 16)" "$(openssl rand -hex 16)" > "$work/secrets.env"
  infra
  publish & publishing=$!
  sed -e "s|{{ discovery-url }}|$(curl --fail --silent "http://$subnet.2:8087/new?size=$machines")|" -e "s|{{ registry-address }}|$subnet.2|" \
    -e 's|{{ initial-cluster }}||' "$here/deployments/cloud-config.yml" > "$work/user_data"
  phase services
  all boot
  wait "$publishing"
  phase booted
  all pull & pulls=$!
  until_true healthy
  phase healthy
  tar -C "$here/fleet-services" -cf - . | on 1 tar -xf -
  instances=$(seq -f 'web@%02g.service' "$web" | tr '\n' ' ') monitors=$(seq -f 'monweb@%02g.service' "$web" | tr '\n' ' ')
  on 1 "fleetctl submit db.service dbhelper.service mondb.service web@.service monweb@.service && fleetctl start --no-block db.service" >/dev/null 2>&1
  phase submitted
  # Meanwhile fleet places the others, so that each starts at once when its turn comes.
  on 1 "fleetctl load --no-block dbhelper.service mondb.service $instances $monitors" >/dev/null 2>&1 & loading=$!
  until_true answers
  phase database
  wait "$loading"
  on 1 fleetctl start --no-block dbhelper.service mondb.service >/dev/null 2>&1
  until_true imported
  until_true announced
  phase imported
  wait "$pulls"
  on 1 "fleetctl start --no-block $instances $monitors" >/dev/null 2>&1
  until_true webs_announced
  phase announced
  for key in $(on 1 ETCDCTL_API=2 etcdctl ls /services/web); do verify "$key" & checks+=($!); done
  for check in "${checks[@]}"; do wait "$check"; done
  phase verified
}

readonly began=${EPOCHREALTIME/./}
case $command in
  up) up ;;
  down) down ;;
  *) echo "unknown command $command" >&2; exit 2 ;;
esac
