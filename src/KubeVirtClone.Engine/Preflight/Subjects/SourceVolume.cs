using System.Text.Json;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Preflight.Subjects;

/// <summary>One volume that every clone of a source gets a copy of.</summary>
internal sealed record SourceVolume
{
    public required CopiedVolume Volume { get; init; }

    /// <summary>The claim as it is in the cluster; null for a snapshot's volume, or when it is not known.</summary>
    public KubernetesObject? Claim { get; init; }

    /// <summary>Size each copy asks for, in bytes: what the claim asks for, or what the volume came out as where that is more. Null when it is not known.</summary>
    public decimal? Size { get; init; }

    public string? StorageClass { get; init; }

    public IReadOnlyList<string> AccessModes { get; init; } = [];

    /// <summary>Block or Filesystem, or null when it is not known.</summary>
    public string? VolumeMode { get; init; }

    /// <summary>Whether a copy may be of another volume mode: the content of its VolumeSnapshot says so.</summary>
    public bool MayChangeMode { get; init; }

    /// <summary>CSI driver, or null when it is not known.</summary>
    public string? Driver { get; init; }

    /// <summary>The volumes a source's clones get copies of, as far as they are known.</summary>
    public static IReadOnlyList<SourceVolume> Of(PreflightSubject subject, PreflightFacts facts) =>
        subject.FromSnapshot ? OfSnapshot(subject, facts) : [.. SourceMachine.Copied(subject.Source).Select(v => OfClaim(v, subject.State, facts))];

    /// <summary>The copy that a request gets of it.</summary>
    public SourceVolume For(CloneRequest request)
    {
        if (!request.ChangesDisks)
            return this;
        var wish = DiskWish.Of(request, Volume.Name);
        return wish.IsEmpty ? this : this with
        {
            Size = wish.Size ?? Size,
            StorageClass = wish.StorageClass ?? StorageClass,
            AccessModes = wish.AccessModes ?? AccessModes,
            VolumeMode = wish.VolumeMode ?? VolumeMode,
        };
    }

    private static SourceVolume OfClaim(CopiedVolume volume, NamespaceState state, PreflightFacts facts)
    {
        var found = state.Claims.Find(volume.Claim);
        var claim = found?.AsClaim();
        var template = volume.Template?["spec"]?["pvc"] ?? volume.Template?["spec"]?["storage"];
        var storageClass = claim?.Spec?.StorageClassName
            ?? SourceMachine.Text(template?["storageClassName"])
            ?? (found is null && volume.Template is null ? null : facts.DefaultStorageClass);
        return new SourceVolume
        {
            Volume = volume,
            Claim = found,
            Size = Larger(
                claim?.Spec?.Resources?.Requests.Amount("storage") ?? Quantity.Parse(SourceMachine.Text(template?["resources"]?["requests"]?["storage"])),
                claim?.Status?.Capacity.Amount("storage")),
            StorageClass = storageClass,
            AccessModes = [.. claim?.Spec?.AccessModes ?? []],
            VolumeMode = found is null ? SourceMachine.Text(template?["volumeMode"]) : claim?.Spec?.VolumeMode ?? "Filesystem",
            Driver = facts.DriverOf(storageClass) ?? found?.Annotations.GetValueOrDefault("volume.kubernetes.io/storage-provisioner"),
        };
    }

    private static List<SourceVolume> OfSnapshot(PreflightSubject subject, PreflightFacts facts)
    {
        var volumes = SourceMachine.Copied(subject.Source).ToDictionary(v => v.Name, StringComparer.Ordinal);
        var dumps = SourceMachine.MemoryDumps(subject.Source).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        var result = new List<SourceVolume>();
        foreach (var backup in subject.State.ContentOf(subject.Request.SourceName)?.ItemsAt("spec", "volumeBackups") ?? [])
        {
            var name = backup.Text("volumeName") ?? "";
            // A restore makes nothing of a memory dump.
            if (dumps.Contains(name))
                continue;
            var spec = backup.Member("persistentVolumeClaim")?.Member("spec");
            var claim = backup.Member("persistentVolumeClaim")?.Member("metadata")?.Text("name") ?? "";
            var asked = Quantity.Parse(spec?.Member("resources")?.Member("requests")?.Text("storage"));
            var snapshot = subject.State.VolumeSnapshots.Find(backup.Text("volumeSnapshotName"));
            var restoreSize = Quantity.Parse(snapshot?.StringAt("status", "restoreSize"))
                ?? subject.State.Claims.Find(claim)?.AsClaim()?.Status?.Capacity.Amount("storage");
            var storageClass = spec?.Text("storageClassName");
            result.Add(new SourceVolume
            {
                Volume = volumes.GetValueOrDefault(name) ?? new CopiedVolume(name, claim, IsDataVolume: false, Template: null),
                Size = Larger(asked, restoreSize),
                StorageClass = storageClass,
                AccessModes = Modes(spec?.Member("accessModes")),
                VolumeMode = spec?.Text("volumeMode") ?? "Filesystem",
                MayChangeMode = facts.VolumeSnapshotContents.Find(snapshot?.StringAt("status", "boundVolumeSnapshotContentName"))?.Annotations
                    .GetValueOrDefault("snapshot.storage.kubernetes.io/allow-volume-mode-change") == "true",
                Driver = facts.DriverOf(storageClass),
            });
        }

        return result;
    }

    // A restore asks for the snapshot's size where that is more than the claim asked for: what an array rounded up stays so.
    private static decimal? Larger(decimal? asked, decimal? made) => asked is { } a && made is { } m ? Math.Max(a, m) : asked ?? made;

    private static IReadOnlyList<string> Modes(JsonElement? modes) =>
        modes is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(m => m.GetString() ?? "")] : [];
}
