using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>The DataVolumes of a VM's templates.</summary>
internal sealed class MachineDataVolumes(Cluster cluster, CloneAuthorization authorization)
{
    private const string Component = "virtualmachine-controller";

    /// <summary>Makes what is missing and takes over what has no owner; what may not or cannot be made is the VM's failure.</summary>
    public (string Reason, string Message)? Follow(JsonObject machine)
    {
        foreach (var template in VirtualMachines.Templates(machine))
        {
            var existing = cluster.Get(cluster.DataVolumes, machine.Namespace(), template.Name());
            if (existing is null)
            {
                // A restore in place takes the claim away for a moment; nothing is made anew then.
                if (cluster.Get(cluster.Claims, machine.Namespace(), template.Name()) is null || machine.TextAt("status", "restoreInProgress") is null)
                {
                    if (Unauthorized(machine, template) is { } why)
                        return ("FailedCreate", "Error encountered while creating DataVolumes: not authorized to create DataVolume: " + why);
                    if (CreateDataVolume(machine, template) is { } refused)
                        return refused;
                }

                continue;
            }

            if (!existing.IsDeleting() && (existing.ArrayAt("metadata", "ownerReferences")?.Count ?? 0) == 0)
            {
                var copy = existing.Copy();
                copy.Ensure("metadata")["ownerReferences"] = new JsonArray(RestoreTarget.Owner(machine));
                cluster.Update(cluster.DataVolumes, copy);
            }
        }

        return null;
    }

    // A template that clones from another namespace needs the right of the VM's service account there.
    private string? Unauthorized(JsonObject machine, JsonObject template)
    {
        var account = machine.TextAt("spec", "template", "spec", "serviceAccountName")
            ?? VirtualMachines.Volumes(machine).Select(v => v.TextAt("serviceAccount", "serviceAccountName")).FirstOrDefault(n => n is not null) ?? "default";
        if (authorization.RefusalOfServiceAccount(template, machine.Namespace() ?? "", account) is not { } why)
            return null;
        cluster.Recorder.Warning(machine, "UnauthorizedDataVolumeCreate", $"Not authorized to create DataVolume {template.Name()}: {why}", Component);
        return why;
    }

    private (string Reason, string Message)? CreateDataVolume(JsonObject machine, JsonObject template)
    {
        var dataVolume = DataVolumeTemplates.Generate(cluster, template, machine.Namespace());
        dataVolume.Ensure("metadata", "labels")["kubevirt.io/created-by"] = machine.Uid();
        dataVolume.Ensure("metadata")["ownerReferences"] = new JsonArray(RestoreTarget.Owner(machine));
        try
        {
            cluster.Create(cluster.DataVolumes, dataVolume);
            cluster.Recorder.Normal(machine, "SuccessfulDataVolumeCreate", "Created DataVolume " + template.Name(), Component);
            return null;
        }
        catch (ApiException e) when (e.Reason == "AlreadyExists")
        {
            return null;
        }
        catch (ApiException e)
        {
            cluster.Recorder.Warning(machine, "FailedDataVolumeCreate", $"Error creating DataVolume {template.Name()}: {e.Message}", Component);
            return ("FailedCreate", "Error encountered while creating DataVolumes: failed to create DataVolume: " + e.Message);
        }
    }
}
