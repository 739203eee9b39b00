using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Gives requests that name a golden image its snapshot as their source; each image is looked up once.</summary>
internal sealed class ImageSources(KubeVirtCluster cluster)
{
    private readonly Dictionary<(string, string, string?), ListedItem<GoldenImageRecord>> _known = [];

    /// <summary>The request with its source, or the fault when the image does not exist or is not ready. A request for no image comes back as it is.</summary>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async Task<ListedItem<CloneRequest>> ResolveAsync(CloneRequest request, CancellationToken ct)
    {
        if (request.GoldenImage is not { } image)
            return new(request, null);
        var key = (request.Namespace, image, request.GoldenImageVersion);
        if (!_known.TryGetValue(key, out var found))
            _known[key] = found = await new GoldenImageCatalog(cluster).ResolveAsync(request.Namespace, image, request.GoldenImageVersion, ct);
        return found.Fault is { } fault
            ? new(null, fault)
            : new(request with { SourceKind = SourceKinds.VirtualMachineSnapshot, SourceName = found.Value!.SnapshotName, SourceImage = new(found.Value.Name, found.Value.Version) }, null);
    }
}
