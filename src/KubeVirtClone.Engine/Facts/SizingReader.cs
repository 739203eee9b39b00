using System.Collections.Concurrent;
using System.Text.Json;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>Reads the instance types, preferences and revisions that machines name: each once, however many machines name it.</summary>
internal sealed class SizingReader
{
    private readonly KubeVirtCluster _cluster;
    private readonly KindReader _reader;
    private readonly ConcurrentDictionary<(string Namespace, string Kind, string Name), Lazy<Task<FoundObject>>> _read = new();
    private readonly Lazy<Task<string?>> _version;

    public SizingReader(KubeVirtCluster cluster, KindReader reader, CancellationToken ct)
    {
        _cluster = cluster;
        _reader = reader;
        // v1 is served from KubeVirt 1.8 on; any version tells what is asked here.
        _version = new Lazy<Task<string?>>(() => ReadVersionAsync(ct));
    }

    /// <summary>What a machine's size hangs on.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="startedAs">Name of the revision its instance was started with, or null.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<SourceSizing> ReadAsync(string ns, JsonObject machine, string? startedAs, CancellationToken ct)
    {
        var instancetype = ObjectAsync(ns, machine, "instancetype", "VirtualMachineClusterInstancetype", ct);
        var preference = ObjectAsync(ns, machine, "preference", "VirtualMachineClusterPreference", ct);
        var started = string.IsNullOrEmpty(startedAs) ? Task.FromResult(default(FoundObject)) : RevisionAsync(ns, startedAs, ct);
        await Task.WhenAll(instancetype, preference, started);
        return new SourceSizing { Instancetype = await instancetype, Preference = await preference, StartedAs = RevisionData.Spec((await started).Item) };
    }

    /// <summary>Instance types and preferences that requests ask for: of each that is meant or may be meant, whether it exists and what it says.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<KnownTypes> ReadTypesAsync(IEnumerable<CloneRequest> requests, CancellationToken ct)
    {
        var wanted = requests.Where(r => NameRules.WhyNotName(r.Namespace) is null)
            .SelectMany(r => SizePatches.Types(r).Select(t => (r.Namespace, t.Field, t.Text))).Distinct()
            .SelectMany(w => Candidates(w.Field, w.Text).Select(t => (Namespace: t.IsClusterWide ? "" : w.Namespace, Type: t))).Distinct().ToList();
        var found = await Task.WhenAll(wanted.Select(async w =>
        {
            var read = await OriginalAsync(w.Namespace, new SizingObject(w.Type.Field, w.Type.Kind, w.Type.Name), ct);
            return (Key: (w.Namespace, w.Type.Kind, w.Type.Name), Found: (read.Exists, Spec(read.Item)));
        }));
        return found.Length == 0 ? KnownTypes.None : new KnownTypes(found.ToDictionary(f => f.Key, f => f.Found));
    }

    // What is no name of one is refused with its request.
    private static IReadOnlyList<TypeReference> Candidates(string field, string text)
    {
        try
        {
            return TypeReference.Candidates(field, text, source: null);
        }
        catch (RequestFaultException)
        {
            return [];
        }
    }

    // Written in any case, singular or plural.
    private static string KindOf(string given, string standard)
    {
        var noun = standard["VirtualMachineCluster".Length..];
        return given.Contains("cluster", StringComparison.OrdinalIgnoreCase) ? standard : "VirtualMachine" + noun;
    }

    private async Task<SizingObject?> ObjectAsync(string ns, JsonObject machine, string field, string standard, CancellationToken ct)
    {
        if (machine["spec"]?[field] is not JsonObject reference || SourceMachine.Text(reference["name"]) is not { Length: > 0 } name)
            return null;
        var named = new SizingObject(field, KindOf(SourceMachine.Text(reference["kind"]) ?? standard, standard), name);
        var pinned = SourceMachine.Text(reference["revisionName"]) is { Length: > 0 } revision ? revision : null;
        var stored = pinned ?? SourceMachine.Text(machine["status"]?[field + "Ref"]?["controllerRevisionRef"]?["name"]);
        // A machine that is pinned to a revision does without the original.
        var today = pinned is null ? OriginalAsync(ns, named, ct) : Task.FromResult(default(FoundObject));
        var kept = string.IsNullOrEmpty(stored) ? Task.FromResult(default(FoundObject)) : RevisionAsync(ns, stored, ct);
        await Task.WhenAll(today, kept);
        return named with
        {
            Pinned = pinned is not null,
            Exists = (await today).Exists,
            Today = Spec((await today).Item),
            StoredName = string.IsNullOrEmpty(stored) ? null : stored,
            StoredExists = (await kept).Exists,
            Stored = RevisionData.Spec((await kept).Item),
            WhyNot = (await today).WhyNot ?? (await kept).WhyNot,
        };
    }

    private static JsonObject? Spec(KubernetesObject? item) => item?.At("spec") is { ValueKind: JsonValueKind.Object } spec ? JsonObject.Create(spec) : null;

    private Task<FoundObject> RevisionAsync(string ns, string name, CancellationToken ct) =>
        OnceAsync((ns, "ControllerRevision", name), () => _reader.FindAsync(RelatedKinds.ControllerRevision, ns, name, ct));

    private async Task<FoundObject> OriginalAsync(string ns, SizingObject named, CancellationToken ct)
    {
        if (await _version.Value is not { } version)
            return default;
        var kind = RelatedKinds.Type(version, named.Kind);
        return await OnceAsync((kind.Namespaced ? ns : "", named.Kind, named.Name), () => _reader.FindAsync(kind, kind.Namespaced ? ns : null, named.Name, ct));
    }

    private Task<FoundObject> OnceAsync((string Namespace, string Kind, string Name) key, Func<Task<FoundObject>> read) =>
        _read.GetOrAdd(key, _ => new Lazy<Task<FoundObject>>(read)).Value;

    private async Task<string?> ReadVersionAsync(CancellationToken ct)
    {
        IReadOnlyList<string> versions = [];
        await _reader.ReadAsync(new ResourceKind(RelatedKinds.TypeGroup, "", "versions", RelatedKinds.TypeGroup), ns: null, async () => versions = await _cluster.Client.GetServedVersionsAsync(RelatedKinds.TypeGroup, ct));
        return versions.Count == 0 ? null : versions[0];
    }
}
