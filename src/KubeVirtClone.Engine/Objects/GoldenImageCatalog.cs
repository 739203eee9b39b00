using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Lists, resolves and removes golden images.</summary>
public sealed class GoldenImageCatalog
{
    private readonly KubeVirtCluster _cluster;
    private readonly SnapshotCatalog _snapshots;

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    public GoldenImageCatalog(KubeVirtCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
        _snapshots = new SnapshotCatalog(cluster);
    }

    /// <summary>Images, all versions, by name and then newest first. A name that matches none gives a fault unless it is a pattern.</summary>
    /// <param name="query">Image names, namespace, further selector.</param>
    /// <param name="version">Only this version; null for all.</param>
    /// <param name="withUses">Also find sizes, and which machines were made of each and still need it: five more lists in a namespace, and one over all.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async IAsyncEnumerable<ListedItem<GoldenImageRecord>> ListAsync(ListQuery query, string? version, bool withUses, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        var names = query.Names.Select(n => new WildcardName(n)).ToList();
        var selector = string.Join(',', new[] { query.LabelSelector, ImageLabels.Image }.OfType<string>());
        var images = new List<GoldenImageRecord>();
        await foreach (var found in _snapshots.ListAsync(query with { Names = [], LabelSelector = selector }, ct))
        {
            if (found.Value is { } snapshot && GoldenImageRecord.From(snapshot) is { } image && (names.Count == 0 || names.Exists(n => n.Matches(image.Name))))
                images.Add(image);
        }

        foreach (var missing in names.Where(n => !n.IsPattern && !images.Exists(i => n.Matches(i.Name) && (version is null || i.Version == version))))
            yield return new(null, ImageFaults.NotFound(query.AllNamespaces ? null : query.Namespace ?? _cluster.Namespace, missing.Text, version));
        var copies = withUses && images.Count > 0 ? await ReadCopiesAsync(ct) : null;
        foreach (var ofNamespace in images.GroupBy(i => i.Namespace, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var uses = withUses ? await ImageUses.LoadAsync(_cluster, ofNamespace.Key, ct) : null;
            foreach (var versions in ofNamespace.GroupBy(i => i.Name, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                var newestFirst = NewestFirst(versions);
                var preferred = newestFirst.Find(i => i.Ready);
                foreach (var image in newestFirst.Where(i => version is null || i.Version == version))
                {
                    var known = image with
                    {
                        IsDefault = ReferenceEquals(image, preferred),
                        Copies = copies is null ? null : [.. copies.Where(c => CopyOfUid(c) == image.Uid).Select(c => c.Namespace).Order(StringComparer.Ordinal)],
                    };
                    yield return new(uses is null ? known : uses.Describe(known), null);
                }
            }
        }
    }

    /// <summary>The image that a name means: the newest ready version, or the given one.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="name">Exact name.</param>
    /// <param name="version">Version; null is the newest that is ready.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async Task<ListedItem<GoldenImageRecord>> ResolveAsync(string ns, string name, string? version, CancellationToken ct)
    {
        var images = await ListOneAsync(ns, name, ct);
        if (images.Count == 0 || (version is not null && images.TrueForAll(i => i.Version != version)))
            return new(null, ImageFaults.NotFound(ns, name, version));
        var image = NewestFirst(images.Where(i => version is null || i.Version == version)).Find(i => i.Ready);
        return image is null ? new(null, ImageFaults.NotReady(ns, name, version, images)) : new(image, null);
    }

    /// <summary>
    /// Removes an image. Without <paramref name="force"/> it stays while something still needs it (<see cref="FaultIds.GoldenImageInUse"/>): a machine
    /// whose volumes wait for its first start, a clone or restore that is not finished. Machines that are done stay whole.
    /// </summary>
    /// <param name="image">The image as listed; only that very snapshot is removed.</param>
    /// <param name="force">Remove it whatever needs it.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when it is gone or going.</returns>
    /// <exception cref="EngineException">The server cannot be asked.</exception>
    public async Task<Fault?> RemoveAsync(GoldenImageRecord image, bool force, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (!force && await _snapshots.GetUsesAsync(image.Snapshot, ct) is { Count: > 0 } uses)
            return ImageFaults.InUse(image, uses);
        return await _snapshots.RemoveAsync(image.Snapshot, force: true, ct);
    }

    /// <summary>The versions of an image that go when only the newest <paramref name="keep"/> are to stay. Versions that are not ready count for nothing, and go too unless they are newer than all that stay.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="name">Exact name.</param>
    /// <param name="keep">How many to keep, at least 1.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async Task<IReadOnlyList<GoldenImageRecord>> ListSurplusAsync(string ns, string name, int keep, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        var newestFirst = NewestFirst(await ListOneAsync(ns, name, ct));
        var kept = 0;
        return [.. newestFirst.SkipWhile(i => !i.Ready).Where(i => !i.Ready || ++kept > keep)];
    }

    /// <summary>What goes when images are to: they alone, with a word on their copies in other namespaces, or those as well.</summary>
    /// <param name="images">The images.</param>
    /// <param name="includeCopies">Whether copies go with what they are copies of, and copies of those with them.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or copies are to go and cannot be found.</exception>
    public async Task<ImageRemoval> PlanRemovalAsync(IReadOnlyList<GoldenImageRecord> images, bool includeCopies, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0)
            return new(images, []);
        if (await ReadCopiesAsync(ct) is not { } copies)
            return includeCopies ? throw new EngineException(ImageFaults.CopiesUnseen()) : new(images, []);
        var bySource = copies.OrderBy(c => c.Namespace, StringComparer.Ordinal).ToLookup(CopyOfUid, StringComparer.Ordinal);
        var going = images.Select(i => i.Uid).ToHashSet(StringComparer.Ordinal);
        if (!includeCopies)
        {
            var staying = images.Select(i => (Image: i, Where: bySource[i.Uid].Where(c => !going.Contains(c.Uid)).Select(c => c.Namespace).ToList())).Where(s => s.Where.Count > 0);
            return new(images, [.. staying.Select(s => ImageFaults.CopiesStay(s.Image, s.Where))]);
        }

        var all = images.ToList();
        for (var i = 0; i < all.Count; i++)
            all.AddRange(bySource[all[i].Uid].Where(c => going.Add(c.Uid)));
        return new(all, []);
    }

    private static string? CopyOfUid(GoldenImageRecord image) => image.Raw.Labels.GetValueOrDefault(ImageLabels.CopyOfUid);

    private async Task<IReadOnlyList<GoldenImageRecord>?> ReadCopiesAsync(CancellationToken ct)
    {
        var found = new List<GoldenImageRecord>();
        var kind = await _cluster.GetSnapshotKindAsync(ct);
        try
        {
            await foreach (var snapshot in _cluster.Client.ListAsync(kind, ns: null, new ListOptions { LabelSelector = ImageLabels.CopyOfUid }, ct))
            {
                if (GoldenImageRecord.From(SnapshotRecord.From(snapshot)) is { } image)
                    found.Add(image);
            }

            return found;
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            _cluster.Callbacks.Verbose?.Invoke("Where copies of images are cannot be seen: you may not list snapshots of all namespaces");
            return null;
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e));
        }
    }

    internal async Task<List<GoldenImageRecord>> ListOneAsync(string ns, string name, CancellationToken ct)
    {
        var images = new List<GoldenImageRecord>();
        if (NameRules.WhyNotLabelValue(name) is not null || name.Length == 0)
            return images;
        await foreach (var found in _snapshots.ListAsync(new ListQuery { Namespace = ns, LabelSelector = $"{ImageLabels.Image}={name}" }, ct))
        {
            if (found.Value is { } snapshot && GoldenImageRecord.From(snapshot) is { } image)
                images.Add(image);
        }

        return images;
    }

    // Images made within the same second are told apart by their versions, numbers as numbers.
    private static List<GoldenImageRecord> NewestFirst(IEnumerable<GoldenImageRecord> images) =>
        [.. images.OrderByDescending(i => i.CreationTimestamp).ThenByDescending(i => i.Version.Length).ThenByDescending(i => i.Version, StringComparer.Ordinal)];
}
