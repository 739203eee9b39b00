#!/usr/bin/env bash
# The main job on the local sandbox, without PowerShell: one VM cloned 25 times, one clone that cannot work, everything removed.
# Usage: demo.sh PATH-OF-KUBECTL-VMCLONE
set -euo pipefail
vmclone=${1:?give the path of kubectl-vmclone}
folder=$(mktemp -d)
export KUBECONFIG=$folder/kubeconfig

none="''"
show() {
    printf '\n$ kubectl vmclone'
    for word in "$@"; do printf ' %s' "${word:-$none}"; done
    printf '\n'
    "$vmclone" "$@"
}

echo '$ kubectl vmclone sandbox --kubeconfig FILE &'
mkfifo "$folder/ready"
"$vmclone" sandbox --kubeconfig "$KUBECONFIG" > "$folder/ready" &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true; wait "$sandbox" 2>/dev/null || true; rm -rf "$folder"' EXIT
exec 3< "$folder/ready"
read -r line <&3 || { echo 'The sandbox did not start.' >&2; exit 1; }
echo "$line"

show new golden --count 25 --name-pattern 'demo-{0:d2}' --for bound --batch demo --timeout 150s

if show new golden golden-copy --label-filter ''; then
    echo 'The clone that cannot work was not refused.' >&2
    exit 1
fi

show remove --batch demo --include-target --yes -o name | tail -n 1
left=$("$vmclone" get --batch demo -o name)
if [ -n "$left" ]; then
    echo "Left behind: $left" >&2
    exit 1
fi
echo 'Nothing of the demo is left.'
