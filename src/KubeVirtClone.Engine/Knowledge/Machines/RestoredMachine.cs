using System.Text;
using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>What KubeVirt's restore makes of a machine beside its patches, as far as the server then refuses it (recorded: u01 to u04, u12).</summary>
internal static class RestoredMachine
{
    /// <summary>Keys and values of all annotations of an object, together, in bytes of UTF-8.</summary>
    public const int MaxAnnotationBytes = 262_144;

    /// <summary>The annotation a restore puts on its machine.</summary>
    public const string RestoreAnnotation = "restore.kubevirt.io/lastRestoreUID";

    private const string Templates = "/spec/dataVolumeTemplates";

    // A restore of the clone controller is called so, with the clone's uid.
    private const string MadeUpName = "tmp-restore-00000000-0000-0000-0000-000000000000";
    private const string Uid = "00000000-0000-0000-0000-000000000000";

    /// <summary>
    /// Templates whose volume names them as a claim and not as a data volume. The restore gives the volume another claim and leaves the template, which
    /// nothing then refers to, so that KubeVirt's own admission refuses the machine.
    /// </summary>
    /// <param name="machine">The machine.</param>
    public static IReadOnlyList<(int Index, string Name)> TemplatesNamedAsClaims(JsonObject? machine)
    {
        var volumes = SourceMachine.Volumes(machine).ToList();
        var claims = volumes.Select(v => SourceMachine.Text(v["persistentVolumeClaim"]?["claimName"])).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var dataVolumes = volumes.Select(v => SourceMachine.Text(v["dataVolume"]?["name"])).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return
        [
            .. ((machine?["spec"]?["dataVolumeTemplates"] as JsonArray) ?? [])
                .Select((t, i) => (Index: i, Name: SourceMachine.Text((t as JsonObject)?["metadata"]?["name"]) ?? ""))
                .Where(t => claims.Contains(t.Name) && !dataVolumes.Contains(t.Name)),
        ];
    }

    /// <summary>The patches that leave such templates out; none when the user's own patches are about the templates.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="patches">Patches there are already.</param>
    public static IReadOnlyList<PatchOperation> LeaveTemplatesOut(JsonObject? machine, IReadOnlyList<PatchOperation> patches)
    {
        var named = TemplatesNamedAsClaims(machine);
        if (named.Count == 0 || patches.Any(p => p.Path.StartsWith(Templates, StringComparison.Ordinal) || p.From?.StartsWith(Templates, StringComparison.Ordinal) == true))
            return [];
        var all = ((JsonArray)machine!["spec"]!["dataVolumeTemplates"]!).Count;
        return named.Count == all
            ? [Remove(Templates)]
            : [.. named.Reverse().Select(t => Remove($"{Templates}/{t.Index}"))];
    }

    /// <summary>How many bytes of annotations the machine has once the restore has added its own.</summary>
    /// <param name="machine">What the patches make of the source.</param>
    /// <param name="restoreName">Name of the restore; null is one of the clone controller.</param>
    public static int AnnotationBytes(JsonObject machine, string? restoreName)
    {
        return AnnotationBytes(machine) + Encoding.UTF8.GetByteCount(RestoreAnnotation) + Encoding.UTF8.GetByteCount(restoreName ?? MadeUpName) + 1 + Uid.Length;
    }

    /// <summary>How many bytes of annotations a machine has, but for the restore's own.</summary>
    /// <param name="machine">The machine.</param>
    public static int AnnotationBytes(JsonObject machine)
    {
        var sum = 0;
        foreach (var (key, value) in machine["metadata"]?["annotations"] as JsonObject ?? [])
        {
            if (key != RestoreAnnotation)
                sum += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(SourceMachine.Text(value) ?? "");
        }

        return sum;
    }

    private static PatchOperation Remove(string path) => new("remove", path);
}
