using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>One clone to check before it is made.</summary>
/// <param name="Request">The request, as it would be given to <see cref="Execution.CloneOperation"/>.</param>
public sealed record PreflightItem(CloneRequest Request)
{
    /// <summary>
    /// A VirtualMachineClone that is to be posted exactly as it stands, by kubectl for example. It is then judged by KubeVirt's own rules; null
    /// judges the request in the form this product would send it, which avoids several of KubeVirt's traps.
    /// </summary>
    public JsonObject? Manifest { get; init; }

    /// <summary>An item for a manifest.</summary>
    /// <param name="manifest">A VirtualMachineClone as it would be posted; fields may be missing or wrong.</param>
    /// <param name="defaultNamespace">Namespace to use when the manifest names none.</param>
    public static PreflightItem FromManifest(JsonObject manifest, string defaultNamespace)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(defaultNamespace);
        var source = new KubernetesObject(System.Text.Json.JsonSerializer.SerializeToElement(manifest));
        var record = CloneRecord.From(source);
        var request = CloneRequest.FromClone(record) with
        {
            Namespace = record.Namespace.Length > 0 ? record.Namespace : defaultNamespace,
            CloneName = source.Name.Length > 0 ? source.Name : null,
            TargetKind = source.StringAt("spec", "target", "kind") ?? SourceKinds.VirtualMachine,
            Input = manifest,
        };
        return new PreflightItem(request) { Manifest = manifest };
    }
}

/// <summary>How a preflight is done.</summary>
public sealed record PreflightOptions
{
    /// <summary>Batch id the clones would get; null is a new one. With an id, clones an earlier run of that batch made are not taken for collisions.</summary>
    public string? Batch { get; init; }

    /// <summary>Clones of one machine would each take a snapshot of their own instead of sharing one.</summary>
    public bool NoSharedSnapshot { get; init; }
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
