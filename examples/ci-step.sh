#!/usr/bin/env bash
# A CI step: a VM of its own for a test run, however the run ends. The exit code is the run's own.
# Usage: ci-step.sh IMAGE NAME COMMAND...      the command is told by $VM_NAME and $VM_ADDRESS where to look
# Needs kubectl and kubectl-vmclone on PATH ($VMCLONE names another one) and a kubeconfig (KUBECONFIG, ~/.kube/config, or the pod's own).
set -euo pipefail
image=${1:?give the golden image} name=${2:?give the name of the VM}
shift 2
vmclone=${VMCLONE:-kubectl-vmclone}

# Only what this run made is removed: its batch is its own, also beside another run that asked for the same name.
batch="ci-$(date +%s)-$$-$RANDOM"
trap '"$vmclone" remove --batch "$batch" --include-target --force --yes -o name >&2 || true' EXIT

"$vmclone" new --golden-image "$image" "$name" --batch "$batch" --start --for running --timeout 15m -o name >&2
VM_NAME=$name
VM_ADDRESS=$(kubectl get virtualmachineinstances.kubevirt.io "$name" -o 'jsonpath={.status.interfaces[0].ipAddress}')
export VM_NAME VM_ADDRESS
"$@"
