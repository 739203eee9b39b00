using System.Text.Json;
using KubeVirtClone.Engine.Knowledge.Manifests;

namespace KubeVirtClone.Engine.Preflight.Subjects;

/// <summary>One clone to check before it is made.</summary>
/// <param name="Request">The request, as it would be given to <c>CloneOperation</c>.</param>
public sealed record PreflightItem(CloneRequest Request)
{
    /// <summary>
    /// A VirtualMachineClone that is to be posted exactly as it stands, by kubectl for example, or a VirtualMachineRestore. It is then judged by
    /// KubeVirt's own rules; null judges the request in the form this product would send it, which avoids several of KubeVirt's traps.
    /// </summary>
    public JsonObject? Manifest { get; private init; }

    /// <summary>The manifest's form; what is of a wrong type there is in no other member.</summary>
    internal ManifestShape? Shape { get; private init; }

    /// <summary>True for a VirtualMachineRestore.</summary>
    internal bool IsRestore => Manifest is not null && ManifestReader.IsRestore(Manifest);

    /// <summary>An item for a manifest.</summary>
    /// <param name="manifest">A VirtualMachineClone or VirtualMachineRestore as it would be posted; fields may be missing or wrong.</param>
    /// <param name="defaultNamespace">Namespace to use when the manifest names none.</param>
    public static PreflightItem FromManifest(JsonObject manifest, string defaultNamespace)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(defaultNamespace);
        var shape = ManifestShape.Read(manifest);
        var read = new KubernetesObject(shape.Manifest);
        var request = ManifestReader.IsRestore(manifest) ? OfRestore(read) : OfClone(read);
        return new PreflightItem(request with
        {
            Namespace = read.Namespace is { Length: > 0 } ns ? ns : defaultNamespace,
            CloneName = read.Name.Length > 0 ? read.Name : null,
            TargetKind = read.StringAt("spec", "target", "kind") ?? SourceKinds.VirtualMachine,
            Input = manifest,
        })
        {
            Manifest = shape.Manifest,
            Shape = shape,
        };
    }

    private static CloneRequest OfClone(KubernetesObject clone) => CloneRequest.OfObject(CloneRecord.From(clone)) with
    {
        SourceKind = clone.StringAt("spec", "source", "kind") ?? "",
        SourceName = clone.StringAt("spec", "source", "name") ?? "",
    };

    private static CloneRequest OfRestore(KubernetesObject restore) => new()
    {
        Namespace = "",
        SourceKind = SourceKinds.VirtualMachineSnapshot,
        SourceName = restore.StringAt("spec", "virtualMachineSnapshotName") ?? "",
        TargetName = restore.StringAt("spec", "target", "name"),
        Patches = restore.At("spec", "patches") is { ValueKind: JsonValueKind.Array } patches ? [.. patches.EnumerateArray().Select(p => p.GetString() ?? "")] : null,
        VolumeNamePolicy = restore.StringAt("spec", "volumeRestorePolicy"),
    };
}

/// <summary>How a preflight is done.</summary>
public sealed record PreflightOptions
{
    /// <summary>Batch id the clones would get; null is a new one. With an id, clones an earlier run of that batch made are not taken for collisions.</summary>
    public string? Batch { get; init; }

    /// <summary>Clones of one machine would each take a snapshot of their own instead of sharing one.</summary>
    public bool NoSharedSnapshot { get; init; }

    /// <summary>How the clones would be made; it decides which rights are needed, and what an older KubeVirt takes.</summary>
    public CloneMethodChoice Method { get; init; } = CloneMethodChoice.Auto;

    /// <summary>Each clone object would be removed once its volumes are there: later ones find its place in a quota free.</summary>
    public bool PurgeOnSuccess { get; init; }

    /// <summary>Targets that exist would be passed over: they are no error then.</summary>
    public bool SkipExisting { get; init; }

    /// <summary>For clones in other namespaces: the Secrets and ConfigMaps the source names would be copied, where they are not there.</summary>
    public bool CopySecrets { get; init; }

    /// <summary>For clones in other namespaces: the storage driver's snapshots would be handed over; see <see cref="CloneOptions.HandOver"/>.</summary>
    public bool HandOver { get; init; }
}

/// <summary>What a preflight found.</summary>
public sealed record PreflightReport
{
    /// <summary>The findings: errors first, then warnings, information, and what was not checked; within each by item.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>How many clones were checked.</summary>
    public required int Items { get; init; }

    /// <summary>API requests sent. The number depends on namespaces and kinds of source, not on the number of items.</summary>
    public required int ApiRequests { get; init; }

    /// <summary>True when no finding is an error.</summary>
    public bool Ready => !Findings.Any(f => f.IsError);

    /// <summary>True when something could not be looked at.</summary>
    public bool Partial => Findings.Any(f => f.Severity == FindingSeverity.NotChecked);
}
