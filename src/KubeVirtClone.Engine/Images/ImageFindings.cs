using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Images;

/// <summary>What a preflight finds about a machine that an image is to be made of, as far as it holds for every machine made of the image.</summary>
internal sealed class ImageFindings(KubeVirtCluster cluster)
{
    private static readonly IPreflightCheck[] Checks =
    [
        new SourceNameCheck(), new MemoryDumpCheck(), new TemplateSourceCheck(), new RestoredMachineCheck(), new RunningDifferenceCheck(), new InstancetypeDriftCheck(), new PersistentStateCheck(), new ReferenceCheck(),
    ];

    /// <summary>Errors and warnings; what could not be read is left out.</summary>
    /// <param name="source">The machine.</param>
    /// <param name="stopped">It will be stopped before its snapshot is taken.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<Finding>> FindAsync(KubernetesObject source, bool stopped, CancellationToken ct)
    {
        var (ns, machine) = (source.Namespace!, source.ToJsonObject());
        if (stopped)
            (machine["status"] as JsonObject)?.Remove("created");
        var reader = new KindReader(cluster);
        var claims = reader.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, ct);
        var instance = stopped || !SourceMachine.IsOn(machine) ? null : (await reader.FindAsync(RelatedKinds.Instance, ns, source.Name, ct)).Item;
        var sizing = new SizingReader(cluster, reader, ct).ReadAsync(ns, machine, instance?.StringAt("status", "virtualMachineRevisionName"), ct);
        var references = new ReferenceReader(reader).ReadAsync(ObjectName.NamedBy(machine, ns), ct);
        var state = new NamespaceState
        {
            Name = ns,
            Machines = KindListing.Of([new KubernetesObject(machine)]),
            Instances = instance is null ? KindListing.NotAsked : KindListing.Of([instance]),
            Claims = await claims,
        };
        var request = new CloneRequest { Namespace = ns, SourceName = source.Name, TargetName = "machine-of-image" };
        var subject = new PreflightSubject(new PreflightItem(request), new CheckedRequest(request, Fault: null, []), state);
        var facts = new PreflightFacts
        {
            Sizings = new Dictionary<SourceKey, SourceSizing> { [SourceKey.Of(request)] = await sizing },
            References = await references,
        };
        // What the server refuses in every clone of now it may take with the filters and patches of a later one.
        return [.. PreflightChecks.Run(Checks, new PreflightBatch([subject], facts, new PreflightOptions())).Where(f => f.Severity is FindingSeverity.Error or FindingSeverity.Warning && f.Code != FindingCodes.TargetRefused)];
    }
}
