using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Transfers;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Images;

/// <summary>Publishes golden images in other namespaces.</summary>
/// <param name="cluster">The connection.</param>
public sealed class GoldenImageCopier(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>
    /// Copies an image, into all destinations side by side. Each gives one record, of the copy, or one fault; a destination that has the copy already
    /// gives that. The same call again completes what an interrupted one began. With <see cref="GoldenImageCopyRequest.DryRun"/> everything is
    /// checked, and a destination that could take the copy gives the image itself.
    /// </summary>
    /// <param name="request">What goes where.</param>
    /// <param name="progress">Told how far each disk is; from any thread. Null when nobody wants to know.</param>
    /// <param name="ct">Stops; what was begun is completed by the same call again.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no snapshot API.</exception>
    public IAsyncEnumerable<ItemUpdate<GoldenImageRecord>> CopyAsync(GoldenImageCopyRequest request, Action<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ItemStream.RunAsync<GoldenImageRecord>((updates, stop) => CopyAllAsync(request, progress, updates, stop), ct);
    }

    private async Task CopyAllAsync(GoldenImageCopyRequest request, Action<TransferProgress>? progress, ChannelWriter<ItemUpdate<GoldenImageRecord>> updates, CancellationToken ct)
    {
        var destinations = request.Destinations.Distinct(StringComparer.Ordinal).ToList();
        var (image, content, fault) = await FindAsync(request, ct);
        if (fault is not null)
        {
            updates.TryWrite(new() { Kind = ItemUpdateKind.Fault, Fault = fault, Input = request.Input });
            return;
        }

        using var ending = new FirstFailure(ct);
        await ending.WatchAsync(Task.WhenAll(destinations.Select(d => ending.GuardAsync(CopyOneAsync(request, image!, content!, d, progress, updates, ending.Token)))));
    }

    private async Task<(GoldenImageRecord? Image, SnapshotContent? Content, Fault? Fault)> FindAsync(GoldenImageCopyRequest request, CancellationToken ct)
    {
        var found = await new GoldenImageCatalog(_cluster).ResolveAsync(request.Namespace, request.Name, request.Version, ct);
        if ((found.Fault ?? ReplacedFaults.OfImage(found.Value!, request.Uid)) is { } fault)
            return (null, null, fault);
        var content = await new SnapshotCatalog(_cluster).ReadContentAsync(found.Value!.Snapshot, ct);
        return content is null ? (null, null, SnapshotFaults.Deleted(found.Value.Snapshot.Reference)) : (found.Value, content, null);
    }

    private async Task CopyOneAsync(
        GoldenImageCopyRequest request, GoldenImageRecord image, SnapshotContent content, string destination, Action<TransferProgress>? progress, ChannelWriter<ItemUpdate<GoldenImageRecord>> updates, CancellationToken ct)
    {
        var (copy, fault) = await TryCopyAsync(request, image, content, destination, progress, Warn, ct);
        updates.TryWrite(fault is null
            ? new() { Kind = ItemUpdateKind.Record, Record = copy, Input = request.Input }
            : new() { Kind = ItemUpdateKind.Fault, Fault = fault, Input = request.Input });

        void Warn(TransferWarning warning) => updates.TryWrite(new() { Kind = ItemUpdateKind.Warning, Message = warning.Text, Input = request.Input });
    }

    private async Task<(GoldenImageRecord? Copy, Fault? Fault)> TryCopyAsync(
        GoldenImageCopyRequest request, GoldenImageRecord image, SnapshotContent content, string destination, Action<TransferProgress>? progress, Action<TransferWarning> warn, CancellationToken ct)
    {
        try
        {
            if (destination == image.Namespace)
                return (null, TransferFaults.Invalid($"The golden image {image} is in namespace '{destination}' already.", "Name other namespaces to copy it to.", $"{destination}/{image.Name}"));
            var transfer = ImageTransfer.Of(_cluster, image, content, destination, request.StorageClass, request.CopySecrets, request.HandOver, request.Timeout, warn, progress);
            if (request.DryRun)
                return (image, await transfer.CheckAsync(ct));
            var made = await transfer.RunAsync(ct);
            if (made.Fault is not null)
                return (null, made.Fault);
            var newest = (await new GoldenImageCatalog(_cluster).ResolveAsync(destination, image.Name, version: null, ct)).Value;
            return (GoldenImageRecord.From(made.Value!)! with { IsDefault = newest?.Uid == made.Value!.Uid }, null);
        }
        catch (Exception e) when (FaultMapper.OfItem(e, $"{destination}/{image.Name}") is { } fault)
        {
            return (null, fault);
        }
    }
}
